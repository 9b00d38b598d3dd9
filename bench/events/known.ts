/** What a client of a server that fails knows of its sessions, compared with what is told of them afterwards. */

/** A change that was answered is done, one that was only asked for may be. */
export interface Known {
  /** The versions that were answered, and the highest that was asked for. */
  readonly versions: number[];
  asked: number;
  ended: 'no' | 'asked' | 'yes';
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
  /** Those of them that are not told. */
  readonly lost: number;
  /** Events that come before an earlier one of their session. */
  readonly disordered: number;
  /** Events that nobody asked for, or ends told twice under different ids. */
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
  let [changes, lost, disordered, invented] = [0, 0, 0, 0];
  for (const [id, { versions, asked, ended }] of known) {
    const events = bySession.get(id) ?? [];
    const told = new Set(events.map(({ type, sequence }) => `${type} ${versionOf(sequence)}`));
    const wanted = ['session.created 1', ...versions.map((version) => `session.updated ${version}`)];
    changes += wanted.length + (ended === 'yes' ? 1 : 0);
    lost += wanted.filter((one) => !told.has(one)).length;
    const ends = events.filter(({ type }) => type === 'session.ended').length;
    if (ended === 'yes' && ends === 0) lost++;
    if (ends > (ended === 'no' ? 0 : 1)) invented++;
    invented += events.filter(({ sequence }) => versionOf(sequence) > asked).length;
    disordered += events.filter((event, i) => i > 0 && !isBehind(event, events[i - 1]!)).length;
  }
  return { changes, lost, disordered, invented, doubled: told.length - seen.size };
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
