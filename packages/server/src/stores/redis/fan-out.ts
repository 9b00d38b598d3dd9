/**
 * App-wide verbs: they go through the 256 partitions in bounded steps, a few at a time. One server takes several
 * partitions in one call, a Cluster one. Users are disjoint between partitions, so their counts are plain sums.
 *
 * The register of apps tells the sweep where to look. A create that was the first of its partition enters the app once
 * more, afterwards; the sweep forgets an app only when it was found empty and not entered meanwhile. So an app with
 * sessions is always in it, and an empty one does not stay.
 */
import type { ServiceError } from '../../core/errors.ts';
import type { Count, Visit } from '../../core/store.ts';
import type { StoreEvents } from '../../core/store-events.ts';
import type { Aliases } from './aliases.ts';
import { parts } from './answers.ts';
import { ALL_PARTITIONS, type Keys, partitionOfId } from './keys.ts';
import { unpackVisit, unreadable } from './record.ts';
import type { Answer, ScriptCalls } from './script-calls.ts';
import type { More, Telling } from './telling.ts';

/** Partitions in one call where one call may have several. */
const TOGETHER = 16;
const UNDER_WAY = 4;
const UNDER_WAY_CLUSTER = 24;
/** How many sessions are removed or looked at in one step. It takes 2 ms of Redis, 5 when one subject has thousands. */
const STEP = 200;
/** Clients choose the names of apps, and only a process that sweeps forgets those it has entered. */
const MOST_ENTERED = 10_000;
/** Sessions read by id in one step: 4 ms of Redis when each has 64 KiB of data. */
const FOUND_TOGETHER = 16;
/** The same of sessions with short data: half a millisecond. */
const SHORT_TOGETHER = 100;

export class FanOut {
  private readonly calls: ScriptCalls;
  private readonly keys: Keys;
  private readonly aliases: Aliases;
  private readonly telling: Telling;
  private readonly onExpired: StoreEvents['onExpired'];
  /** Apps that need not be entered again. */
  private readonly entered = new Set<string>();

  constructor(
    calls: ScriptCalls,
    keys: Keys,
    aliases: Aliases,
    telling: Telling,
    onExpired?: StoreEvents['onExpired'],
  ) {
    this.telling = telling;
    this.calls = calls;
    this.keys = keys;
    this.aliases = aliases;
    this.onExpired = onExpired;
  }

  /** Enters an app before this process' first create in it. */
  async enter(app: string): Promise<void> {
    if (this.entered.has(app)) return;
    await this.enterAgain(app);
    if (this.entered.size >= MOST_ENTERED) this.entered.clear();
    this.entered.add(app);
  }

  async enterAgain(app: string): Promise<void> {
    await this.calls.command('ZINCRBY', [this.keys.apps, 1, app]);
  }

  /** Gives the register, in order. */
  async apps(): Promise<string[]> {
    const apps = (await this.calls.command('ZRANGE', [this.keys.apps, 0, -1])) as Buffer[];
    if (apps.length === 0) await this.calls.callTimeless('master', [this.keys.probe], []);
    return apps.map(String).sort();
  }

  /** Gives the partitions that one call may have together. */
  groups(): string[][] {
    return this.together(ALL_PARTITIONS);
  }

  /** Gives things of one partition each in groups that one call may have together. */
  together<T>(partitions: readonly T[]): T[][] {
    return chunks(partitions, this.calls.anySlot ? TOGETHER : 1);
  }

  /** Does work on all items, a few at a time. */
  async each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    const queue = items.values();
    const worker = async () => {
      for (const item of queue) await work(item);
    };
    await Promise.all(Array.from({ length: this.calls.anySlot ? UNDER_WAY : UNDER_WAY_CLUSTER }, worker));
  }

  /** Does work on sessions in groups that one call may have: some of any partition, or of one in a Cluster. */
  eachOf<T extends { readonly id: string }>(sessions: readonly T[], most: number, work: (group: T[]) => Promise<void>) {
    const sameSlot = this.calls.anySlot ? [sessions] : byPartition(sessions);
    return this.each(
      sameSlot.flatMap((group) => chunks(group, most)),
      work,
    );
  }

  /** Reads sessions by id, in the order asked. `short`: none has long data. One that cannot be read is an error in its place. */
  async find(
    app: string,
    ids: readonly string[],
    now: number,
    short = false,
  ): Promise<(Visit | ServiceError | null)[]> {
    const found = new Map<string, Visit | ServiceError>();
    const named = ids.map((id) => ({ id }));
    await this.eachOf(named, short ? SHORT_TOGETHER : FOUND_TOGETHER, async (some) => {
      const group = some.map(({ id }) => id);
      const keys = group.flatMap((id) => this.keys.ofSession(app, id).slice(0, 2));
      const [at, ...visits] = (await this.calls.call('find', keys, now, group))!;
      group.forEach((id, i) => {
        const visit = visits[i] as Buffer | Error | null;
        if (visit !== null) found.set(id, visit instanceof Error ? unreadable(visit) : unpackVisit(visit, app, id, at));
      });
    });
    return ids.map((id) => found.get(id) ?? null);
  }

  async count(app: string, activeSince: number, now: number): Promise<Count> {
    const total = { sessions: 0, subjects: 0 };
    await this.each(this.groups(), async (group) => {
      for (let rest = group; rest.length > 0; ) {
        const answer = await this.remove('count', app, rest, now, [now, activeSince, STEP]);
        const [, sessions, subjects, aliases, counted] = parts(answer, 'number', 'number', 'number', 'pairs', 'number');
        await this.aliases.release(app, aliases);
        total.sessions += sessions;
        total.subjects += subjects;
        rest = rest.slice(counted);
      }
    });
    return total;
  }

  async sweep(now: number, limit: number): Promise<number> {
    const apps = (await this.calls.command('ZRANGE', [this.keys.apps, 0, -1, 'WITHSCORES'])) as Buffer[];
    let removed = 0;
    for (let i = 0; i < apps.length && removed < limit; i += 2) {
      const app = String(apps[i]);
      const { removed: here, held } = await this.sweepApp(app, now, limit - removed);
      removed += here;
      if (here > 0) this.onExpired?.(app, here);
      if (held === 0) await this.retire(app, Number(apps[i + 1]), now);
    }
    return removed;
  }

  private async sweepApp(app: string, now: number, limit: number): Promise<{ removed: number; held: number }> {
    let removed = 0;
    let held = 0;
    // One after the other: the limit is for all of them together.
    for (const group of this.groups()) {
      for (let more = 1; more === 1; ) {
        const step = Math.min(STEP, limit - removed);
        const answer = await this.remove('sweep', app, group, now, [step]);
        const [, ended, aliases, left, again] = parts(answer, 'number', 'number', 'pairs', 'number', 'number');
        await this.aliases.release(app, aliases);
        removed += ended;
        more = removed < limit ? again : 0;
        if (more === 0) held += left;
      }
    }
    return { removed, held };
  }

  /** Calls a script that removes what has expired from partitions. */
  private async remove(
    script: 'count' | 'sweep',
    app: string,
    partitions: readonly string[],
    now: number,
    args: readonly number[],
  ): Promise<Answer> {
    const keys = partitions.flatMap((partition) => this.keys.partition(app, partition));
    const call = (more: More) => this.calls.call(script, [...keys, ...more.keys], now, [...args, ...more.args]);
    const removed = script === 'count' ? 5 : 1;
    const hasTold = (answer: Answer | null) => answer![removed] !== 0;
    return (await this.telling.call(app, partitions, {}, call, hasTold))!;
  }

  /** Gives how often an app was entered. Absence: null. */
  async entries(app: string): Promise<number | null> {
    const score = (await this.calls.command('ZSCORE', [this.keys.apps, app])) as Buffer | null;
    return score === null ? null : Number(score);
  }

  /** Forgets an app that is empty and was not entered meanwhile. */
  async retireIfEmpty(app: string, entries: number | null, now: number): Promise<void> {
    if (entries !== null && (await this.sweepApp(app, now, 0)).held === 0) await this.retire(app, entries, now);
  }

  private async retire(app: string, entries: number, now: number): Promise<void> {
    // Not while a session may be about to be written: the key would stay, and no sweep would come by.
    const [, dropped] = (await this.calls.call('quota-drop', [this.keys.quota(app)], now, []))!;
    if (dropped === 0) return;
    const retired = await this.calls.callTimeless('app-retire', [this.keys.apps], [app, entries]);
    if (retired === 1) this.entered.delete(app);
  }
}

function byPartition<T extends { readonly id: string }>(sessions: readonly T[]): T[][] {
  const groups = new Map<string, T[]>();
  for (const session of sessions) {
    const partition = partitionOfId(session.id);
    const group = groups.get(partition);
    if (group === undefined) groups.set(partition, [session]);
    else group.push(session);
  }
  return [...groups.values()];
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
