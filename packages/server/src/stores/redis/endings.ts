/**
 * The end of a subject, in one step or several, and of a whole app. A partition with few sessions ends them one by one, with their index entries. One with many ends at
 * once: its sessions get another name, and their index entries are thrown away unread; then they are counted, and their aliases
 * removed, in steps that others come between. Should the process end before that, their TTL removes them.
 * Of an app with a journal all end one by one, in steps: each line is written as its session goes, whatever dies in between. It takes
 * twice as long. (Rejected: to write the lines where they are counted. Those of a process that died would be lost with the TTL.)
 */
import type { Origin } from '../../core/events.ts';
import { partitionOf, randomText } from '../../core/token.ts';
import type { Aliases } from './aliases.ts';
import { parts } from './answers.ts';
import type { Claims } from './claims.ts';
import type { FanOut } from './fan-out.ts';
import type { Keys } from './keys.ts';
import { packText } from './record.ts';
import type { Answer, ScriptCalls } from './script-calls.ts';
import type { More, Telling } from './telling.ts';

/** Sessions ended one by one in one step, and the most of a partition that are: a millisecond of Redis. */
const ENDED_TOGETHER = 100;
/** Sessions counted in one step, the same. */
const CLEARED_TOGETHER = 250;
/** Sessions of one subject that end in one step. */
const SUBJECT_TOGETHER = 250;
/** How long what has ended may wait to be counted. Units: milliseconds. */
const ENDED_TTL = 3_600_000;
const MARK_LENGTH = 16;

export class Endings {
  private readonly calls: ScriptCalls;
  private readonly keys: Keys;
  private readonly aliases: Aliases;
  private readonly fanOut: FanOut;
  private readonly telling: Telling;
  private readonly claims: Claims;

  constructor(calls: ScriptCalls, keys: Keys, aliases: Aliases, claims: Claims, fanOut: FanOut, telling: Telling) {
    this.claims = claims;
    this.telling = telling;
    this.calls = calls;
    this.keys = keys;
    this.aliases = aliases;
    this.fanOut = fanOut;
  }

  /**
   * Ends all sessions of an app. The second round is for sessions that moved to another partition during the first: what
   * existed at its beginning, and nothing that was created since. Gives how many were live.
   */
  async revokeApp(app: string, now: number, origin: Origin): Promise<number> {
    const entries = await this.fanOut.entries(app);
    const mark = randomText(MARK_LENGTH);
    let revoked = 0;
    let began: number | '' = '';
    for (const round of [1, 2]) {
      let next: number | '' = '';
      await this.fanOut.each(this.fanOut.groups(), async (group) => {
        for (let rest = group; rest.length > 0; ) {
          const ended = rest.map((partition) => this.keys.ended(app, partition, mark));
          const keys = rest.flatMap((partition, i) => [...this.keys.partition(app, partition), ended[i]!]);
          const args = [ENDED_TOGETHER, round === 1 ? '' : began, ENDED_TTL];
          const revoke = (more: More) =>
            this.calls.callDurably('revoke-partition', [...keys, ...more.keys], now, [...args, ...more.args]);
          const answer: Answer = (await this.telling.call(app, rest, { reason: 'app', origin }, revoke))!;
          const [at, live, aliases, done, aside] = parts(answer, 'number', 'number', 'pairs', 'number', 'texts');
          if (next === '' || at < next) next = at;
          revoked += live;
          await this.aliases.release(app, aliases);
          for (const i of aside) {
            const cleared = await this.clear(app, ended[Number(i)]!, at, now);
            revoked += cleared;
          }
          rest = rest.slice(done);
        }
      });
      began = next;
    }
    await this.fanOut.retireIfEmpty(app, entries, now);
    return revoked;
  }

  /** Ends the sessions of a subject, all but one. Gives how many were live. */
  async revokeSubject(app: string, subject: string, except: string, now: number, origin: Origin): Promise<number> {
    const partition = partitionOf(subject);
    const keys = this.keys.partition(app, partition);
    const args = [packText(subject), except, SUBJECT_TOGETHER];
    const about = { reason: 'subject', origin } as const;
    const revoke = (more: More) =>
      this.calls.callDurably('revoke-subject', [...keys, ...more.keys], now, [...args, ...more.args]);
    let revoked = 0;
    let left = Number.POSITIVE_INFINITY;
    while (left > 0) {
      const answer = await this.telling.call(app, [partition], about, revoke);
      const [, live, aliases, remaining, ended] = parts(answer!, 'number', 'number', 'pairs', 'number', 'number');
      revoked += live;
      // What was there when the first step ran, and no chase after what is created meanwhile: the oldest come first.
      left = Math.min(left - ended, remaining);
      await this.claims.release(app, aliases, now);
    }
    return revoked;
  }

  /** Removes what ended at an instant. Gives how many were live. */
  private async clear(app: string, key: string, at: number, now: number): Promise<number> {
    let total = 0;
    let cursor = '0';
    do {
      const answer = (await this.calls.call('clear-ended', [key], now, [at, cursor, CLEARED_TOGETHER]))!;
      const [, live, aliases, next] = parts(answer, 'number', 'number', 'pairs', 'text');
      total += live;
      cursor = next;
      await this.aliases.release(app, aliases);
    } while (cursor !== '0');
    return total;
  }
}
