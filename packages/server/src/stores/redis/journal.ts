/**
 * The journals in Redis: a stream for each app, and beside it in the same slot what is known of it. Written by the scripts of
 * the verbs (telling.ts). The position of a line is an instant and the number of the line, so what stands between two positions is
 * counted without reading it. Nothing here is published, and no key tells of its end: who reads asks where the journal ends.
 */
import { packEvent, unpackEvent } from '../../core/event-line.ts';
import type { HistoryEntry, Journal, JournalExtent, JournalPage, NewEvent, Position, Told } from '../../core/events.ts';
import { parts } from './answers.ts';
import type { FanOut } from './fan-out.ts';
import { unpackEntry } from './history.ts';
import { ALL_PARTITIONS, type Keys, partitionOfId } from './keys.ts';
import type { Outboxes } from './outboxes.ts';
import type { ScriptCalls } from './script-calls.ts';
import type { Telling } from './telling.ts';

/** Events read in one step: a millisecond of Redis. A page is not longer than so many bytes and one such step. */
const READ_TOGETHER = 500;
const MOST_BYTES = 1_048_576;
/** Events dropped in one step: half a millisecond. */
const DROPPED_TOGETHER = 20_000;
/** What an entry of a stream takes beside its line: measured. Units: bytes. */
const ENTRY_BYTES = 15;
/** Apps asked for in one call, and outboxes looked into. */
const ASKED_TOGETHER = 100;
/** A journal that is empty, and has been for so long, is forgotten. Its floor with it. Units: milliseconds. */
const FORGOTTEN_AFTER = 31 * 86_400_000;
/** Where events of no session are written. */
const HOME = ALL_PARTITIONS[0]!;

export class RedisJournal implements Journal {
  private readonly calls: ScriptCalls;
  private readonly keys: Keys;
  private readonly fanOut: FanOut;
  private readonly telling: Telling;
  /** Absence: null on one server, where there are none. */
  private readonly outboxes: Outboxes | null;
  private readonly watchers = new Set<(app: string) => void>();

  constructor(calls: ScriptCalls, keys: Keys, fanOut: FanOut, telling: Telling, outboxes: Outboxes | null) {
    this.calls = calls;
    this.keys = keys;
    this.fanOut = fanOut;
    this.telling = telling;
    this.outboxes = outboxes;
  }

  async read(app: string, after: Position, limit: number): Promise<JournalPage> {
    const { stream, known } = this.keys.journal(app);
    const events: Told[] = [];
    let next = after;
    let bytes = 0;
    for (;;) {
      const most = Math.min(READ_TOGETHER, limit - events.length);
      const answer = (await this.calls.call('journal-read', [stream, known], 0, [next, most]))!;
      const [, floor] = parts(answer, 'number', 'text');
      const found = parts([answer.slice(2)], 'texts')[0];
      for (let i = 0; i < found.length; i += 2) {
        next = found[i]!;
        bytes += found[i + 1]!.length;
        events.push({ position: next, event: unpackEvent(found[i + 1]!, placeOf(next)) });
      }
      const isEnd = found.length / 2 < most || events.length >= limit;
      if (isEnd || bytes > MOST_BYTES) return { events, next, floor };
    }
  }

  async extent(app: string): Promise<JournalExtent> {
    const { events, floor, last, bytes } = await this.look(app, '-', '+');
    const ever = Number(last.split('-')[1]);
    const average = ever === 0 ? 0 : bytes / ever + ENTRY_BYTES;
    return { floor, last, events, bytes: Math.round(events * average) };
  }

  async count(app: string, after: Position, to: Position): Promise<number> {
    return (await this.look(app, after, to)).events;
  }

  private async look(app: string, after: string, to: string) {
    const { stream, known } = this.keys.journal(app);
    const answer = (await this.calls.call('journal-count', [stream, known], 0, [after, to]))!;
    const [, events, floor, last, bytes] = parts(answer, 'number', 'number', 'text', 'text', 'number');
    return { events, floor, last, bytes };
  }

  async lasts(apps: readonly string[]): Promise<readonly Position[]> {
    const together = this.calls.anySlot ? ASKED_TOGETHER : 1;
    const groups = Array.from({ length: Math.ceil(apps.length / together) }, (_, i) =>
      apps.slice(i * together, (i + 1) * together),
    );
    const answers = await Promise.all(
      groups.map(async (group) => {
        const keys = group.map((app) => this.keys.journal(app).known);
        const [, ...lasts] = (await this.calls.call('journal-lasts', keys, 0, []))!;
        return parts([lasts], 'texts')[0];
      }),
    );
    return answers.flat();
  }

  async trim(app: string, to: Position): Promise<number> {
    const { stream, known } = this.keys.journal(app);
    let total = 0;
    for (let goesOn = 0, more = 1; more === 1; goesOn = 1) {
      const answer = (await this.calls.call('journal-trim', [stream, known], 0, [to, DROPPED_TOGETHER, goesOn]))!;
      const [, dropped, again] = parts(answer, 'number', 'number', 'number');
      total += dropped;
      more = again;
    }
    return total;
  }

  async append(app: string, event: NewEvent, now: number): Promise<void> {
    if (this.telling.rulesOf(app)?.events !== true) return;
    // The script writes the instant and the count.
    const [head = '', , ...rest] = packEvent({ ...event, at: 0, count: 0 }).split('\n');
    const partition = event.session === '' ? HOME : partitionOfId(event.session);
    const activity = this.keys.partition(app, partition)[2]!;
    await this.telling.call(app, [partition], {}, ({ keys, args }) =>
      this.calls.callDurably('journal-tell', [activity, ...keys], now, [
        event.session,
        head[0]!,
        rest.join('\n'),
        ...args,
      ]),
    );
  }

  async apps(): Promise<string[]> {
    return [...(await this.entered()).keys()].sort();
  }

  async settle(now: number): Promise<number> {
    let settled = 0;
    for (const [app, enteredAt] of await this.entered()) {
      settled += this.outboxes === null ? await this.settleHere(app, now) : await this.settleOutboxes(app, now);
      if (enteredAt + FORGOTTEN_AFTER < this.calls.instantAt(now)) await this.retire(app, enteredAt, now);
    }
    return settled;
  }

  /** Tells what is held of sessions whose move nobody goes on with. */
  private async settleHere(app: string, now: number): Promise<number> {
    const fields = (await this.calls.command('HKEYS', [this.keys.journal(app).known])) as Buffer[];
    const held = fields.map(String).flatMap((field) => (field.startsWith(HELD) ? [field.slice(HELD.length)] : []));
    let told = 0;
    for (const id of held) told += await this.letGo(app, partitionOfId(id), [id], now);
    return told;
  }

  private async settleOutboxes(app: string, now: number): Promise<number> {
    const waiting: string[] = [];
    await this.fanOut.each(this.fanOut.groups(), async (group) => {
      for (const { partition, lines, held } of await this.lookInto(app, group, now)) {
        if (held.length > 0) await this.letGo(app, partition, held, now);
        if (lines > 0 || held.length > 0) waiting.push(partition);
      }
    });
    if (waiting.length === 0) return 0;
    const settled = await this.outboxes!.move(app, waiting);
    if (settled > 0) this.told(app);
    return settled;
  }

  private async lookInto(app: string, partitions: readonly string[], now: number, removes = 0) {
    const outboxes = partitions.map((partition) => this.keys.outbox(app, partition));
    const [, ...found] = (await this.calls.call('outbox-look', outboxes, now, [removes]))!;
    return partitions.map((partition, i) => {
      const [lines, held] = parts(found.slice(i * 2), 'number', 'text');
      return { partition, lines, held: held.match(/.{16}/g) ?? [] };
    });
  }

  private async letGo(app: string, partition: string, ids: readonly string[], now: number): Promise<number> {
    const sessions = this.keys.partition(app, partition)[0]!;
    const patience = 4 * this.calls.timeout;
    const answer = await this.telling.always(app, partition, ({ keys, args }) =>
      this.calls.callDurably('journal-held', [sessions, ...keys], now, [patience, ...ids, ...args]),
    );
    return parts(answer!, 'number', 'number')[1];
  }

  /**
   * Forgets the journal of an app that nobody has entered for long, that is empty, and whose numbers no session goes by: they would
   * begin anew.
   */
  private async retire(app: string, enteredAt: number, now: number): Promise<void> {
    if ((await this.fanOut.entries(app)) !== null) return;
    if (this.outboxes !== null) {
      let waiting = 0;
      await this.fanOut.each(this.fanOut.groups(), async (group) => {
        for (const { lines, held } of await this.lookInto(app, group, now, 1)) waiting += lines + held.length;
      });
      if (waiting > 0) return;
    }
    const { stream, known } = this.keys.journal(app);
    const [, isGone] = (await this.calls.call('journal-retire', [stream, known], now, [FORGOTTEN_AFTER]))!;
    if (isGone === 1) await this.calls.callTimeless('app-retire', [this.keys.journals], [app, enteredAt]);
  }

  /** Gives the apps that have a journal, and when each was entered last. */
  private async entered(): Promise<ReadonlyMap<string, number>> {
    const found = (await this.calls.command('ZRANGE', [this.keys.journals, 0, -1, 'WITHSCORES'])) as Buffer[];
    if (found.length === 0) await this.calls.callTimeless('master', [this.keys.probe], []);
    const texts = found.map(String);
    return new Map(texts.flatMap((app, i) => (i % 2 === 0 ? [[app, Number(texts[i + 1])] as const] : [])));
  }

  watch(onMore: (app: string) => void): () => void {
    this.watchers.add(onMore);
    return () => this.watchers.delete(onMore);
  }

  /** Says that the journal of an app is longer. */
  told(app: string): void {
    for (const onMore of this.watchers) onMore(app);
  }

  async history(app: string, subject: string, now: number): Promise<readonly HistoryEntry[]> {
    const days = this.telling.rulesOf(app)?.history ?? null;
    if (days === null) return [];
    const answer = (await this.calls.call('history', [this.keys.history(app, subject)], now, [0]))!;
    const [at, entries] = parts(answer, 'number', 'texts');
    return entries.map(unpackEntry).filter(({ endedAt }) => endedAt > at - days);
  }

  async eraseHistory(app: string, subject: string): Promise<number> {
    const answer = (await this.calls.callDurably('history', [this.keys.history(app, subject)], 0, [1]))!;
    return parts(answer, 'number', 'number')[1];
  }
}

/** What the field of an event begins with that is held (keys.ts). */
const HELD = 'm:';

/** Gives the instant and the number in a position. */
function placeOf(position: Position): { at: number; count: number } {
  const [at, count] = position.split('-').map(Number);
  return { at: at!, count: count! };
}
