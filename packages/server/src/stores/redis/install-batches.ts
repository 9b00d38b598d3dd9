/**
 * Installs of one turn of the event loop go together in one script call, in a Cluster those of one partition: whoever moves
 * sessions sends hundreds at once, and a call of its own for each took 140 µs of this process, most of it for the call.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Session } from '../../core/session.ts';
import { type Keys, partitionOfId } from './keys.ts';
import { unreadable } from './record.ts';
import type { Argument, ScriptCalls } from './script-calls.ts';
import type { About, More, Telling } from './telling.ts';

/** Sessions in one call, and their records and data: two milliseconds of Redis. Units: sessions, bytes. */
const TOGETHER = 50;
const MOST_BYTES = 262_144;
const REPLACED: About = { reason: 'replaced' };

export interface Install {
  readonly session: Pick<Session, 'id' | 'app'>;
  /** As lua/install.lua has them. */
  readonly record: Buffer;
  readonly data: string;
  readonly replace: Buffer | string;
  readonly now: number;
  /** The alias to write with it, by lua/install-aliased.lua. Absence: null where there is none, or it is claimed already. */
  readonly alias: { readonly key: string; readonly to: string; readonly ttl: string } | null;
}

interface Waiting extends Install {
  readonly done: (answer: unknown[]) => void;
  readonly failed: (error: unknown) => void;
}

export class InstallBatches {
  private readonly calls: ScriptCalls;
  private readonly keys: Keys;
  private readonly telling: Telling;
  private waiting: Waiting[] = [];

  constructor(calls: ScriptCalls, keys: Keys, telling: Telling) {
    this.telling = telling;
    this.calls = calls;
    this.keys = keys;
  }

  /** Gives what the script says of this one. Errors: `store_unavailable`. */
  add(install: Install): Promise<unknown[]> {
    return new Promise((done, failed) => {
      this.waiting.push({ ...install, done, failed });
      if (this.waiting.length === 1) void nextTurn().then(() => this.send());
    });
  }

  private send(): void {
    const groups = new Map<string, Waiting[]>();
    const all = this.waiting;
    this.waiting = [];
    for (const one of all) {
      const { session, now, alias } = one;
      const tells = this.telling.rulesOf(session.app) !== null;
      const slot = this.calls.anySlot ? (tells ? session.app : '') : `${session.app}:${partitionOfId(session.id)}`;
      const name = `${alias === null}:${this.calls.nowArgument(now)}:${slot}`;
      const group = groups.get(name);
      if (group === undefined) groups.set(name, [one]);
      else group.push(one);
    }
    for (const group of groups.values()) {
      for (let rest = group; rest.length > 0; ) {
        const count = fitting(rest);
        void this.call(rest.slice(0, count));
        rest = rest.slice(count);
      }
    }
  }

  private async call(group: readonly Waiting[]): Promise<void> {
    try {
      const keys: string[] = [];
      const args: Argument[] = [];
      for (const { session, record, data, replace, alias } of group) {
        keys.push(...this.keys.ofSession(session.app, session.id));
        args.push(session.id, record, data, replace);
        if (alias === null) continue;
        keys.push(alias.key);
        args.push(alias.to, alias.ttl);
      }
      const script = group[0]!.alias === null ? 'install' : 'install-aliased';
      // Those of one app, where that has a journal.
      const partitions = group.map(({ session }) => partitionOfId(session.id));
      const install = (more: More) =>
        this.calls.callDurably(script, [...keys, ...more.keys], group[0]!.now, [...args, ...more.args]);
      const [, ...answers] = (await this.telling.call(group[0]!.session.app, partitions, REPLACED, install))!;
      group.forEach(({ done, failed }, i) => {
        const answer = answers[i];
        if (Array.isArray(answer)) done(answer);
        else failed(unreadable(answer ?? new Error('the answer of a script is too short')));
      });
    } catch (error) {
      for (const { failed } of group) failed(error);
    }
  }
}

/** How many of them, at least one, go in one call. */
function fitting(waiting: readonly Waiting[]): number {
  let bytes = 0;
  for (const [i, { record, data }] of waiting.slice(0, TOGETHER).entries()) {
    bytes += record.length + data.length;
    if (i > 0 && bytes > MOST_BYTES) return i;
  }
  return Math.min(TOGETHER, waiting.length);
}
