/** What a client of a server that fails knows of its sessions, compared with what is told of them afterwards. */

/** A change that was answered is done, one that was only asked for may be. */
export interface Known {
  /** The versions that answers to updates had. */
  readonly versions: number[];
  /** The highest version there can be, when all that was asked for was done. */
  asked: number;
  ended: 'no' | 'asked' | 'yes';
  /** The version that the store has in the end. Absence: null when the session has ended; its last event says it then. */
  stored: number | null;
}

/** An event as /v1 gives it, as far as it is compared. */
export interface ToldEvent {
  readonly id: string;
  readonly type: string;
  /** The id of the session. */
  readonly subject: string;
  readonly sequence: string;
}

export interface Comparison {
  /** Changes that were answered. */
  readonly changes: number;
  /** Changes that the store has, and creates and ends that were answered, of which no event tells. */
  readonly lost: number;
  /** Updates that were answered and that the store no longer has, and no event either. */
  readonly undone: number;
  /** Events that come before an earlier one of their session. */
  readonly disordered: number;
  /** Events of changes that nobody asked for or that the store does not have, or ends told twice under different ids. */
  readonly invented: number;
  /** Events that are told again, with the same id. */
  readonly doubled: number;
}

export function compare(known: ReadonlyMap<string, Known>, told: readonly ToldEvent[]): Comparison {
  const seen = new Set<string>();
  const bySession = new Map<string, ToldEvent[]>();
  for (const event of told) {
    if (seen.has(event.id)) continue;
    seen.add(event.id);
    const own = bySession.get(event.subject);
    if (own === undefined) bySession.set(event.subject, [event]);
    else own.push(event);
  }
  let [changes, lost, undone, disordered, invented] = [0, 0, 0, 0, 0];
  for (const [id, { versions, asked, ended, stored }] of known) {
    const events = bySession.get(id) ?? [];
    const told = new Set(events.map(({ type, sequence }) => `${type} ${versionOf(sequence)}`));
    const end = events.findLast(({ type }) => type === 'session.ended');
    // Gone, and nobody says when: that its end is not told counts once.
    const last = stored ?? versionOf((end ?? events.at(-1))?.sequence ?? '1');
    changes += 1 + versions.length + (ended === 'yes' ? 1 : 0);
    if (!told.has('session.created 1')) lost++;
    for (let version = 2; version <= last; version++) if (!told.has(`session.updated ${version}`)) lost++;
    undone += versions.filter((version) => version > last).length;
    const ends = events.filter(({ type }) => type === 'session.ended').length;
    if (stored === null && ends === 0) lost++;
    if (ends > (ended === 'no' ? 0 : 1)) invented++;
    invented += events.filter(({ sequence }) => versionOf(sequence) > Math.min(asked, last)).length;
    disordered += events.filter((event, i) => i > 0 && !isBehind(event, events[i - 1]!)).length;
  }
  return { changes, lost, undone, disordered, invented, doubled: told.length - seen.size };
}

function versionOf(sequence: string): number {
  return Number(sequence.split('.')[0]);
}

/** Nothing comes before the creation, nothing behind the end, and numbers rise. */
function isBehind(event: ToldEvent, before: ToldEvent): boolean {
  const [version = 0, count = 0] = event.sequence.split('.').map(Number);
  const [versionBefore = 0, countBefore = 0] = before.sequence.split('.').map(Number);
  if (event.type === 'session.created' || before.type === 'session.ended') return false;
  return count > countBefore && version >= versionBefore;
}
