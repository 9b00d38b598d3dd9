/**
 * Gathers the reads of one event-loop turn into few script calls: a command costs the client six times what a read
 * inside a batch costs (decision 10). One server takes reads of all partitions in one call; in a Cluster one call has
 * one slot. No read waits for another turn, no answer is shared: each read keeps its own count.
 * A timer that waits for more reads was rejected: it would delay the only read of a quiet server.
 */
import type { Touch, Visit } from '../../core/store.ts';
import type { StoreEvents } from '../../core/store-events.ts';
import { packHashText } from './hashes.ts';
import { type Keys, partitionOfId, type ReadKeys } from './keys.ts';
import { unpackVisit, unreadable } from './record.ts';
import type { Found } from './reply-reader.ts';
import type { ScriptCalls } from './script-calls.ts';

/** How many reads go into one call. It takes about half a millisecond of Redis. */
const MOST = 64;

/** As the script knows them. */
const TOUCH: Readonly<Record<Touch, string>> = { look: '0', read: '1', slide: '2' };

interface Read {
  readonly app: string;
  readonly id: string;
  readonly hash: string;
  readonly touch: Touch;
  readonly now: number;
  /** Who is told what was found. */
  readonly asker: Asker;
  /** Which of the asker's reads it is. */
  readonly nth: number;
  /** Of the token (`TokenRef`). */
  readonly isLookedFor?: true | undefined;
}

/** Who asked for reads. One of the two is called for each. No promise: that would cost what the read itself does. */
export interface Asker {
  found(visit: Visit | null, nth: number): void;
  failed(error: unknown): void;
}

export class Batching {
  private readonly calls: ScriptCalls;
  private readonly keys: Keys;
  private readonly events: Pick<StoreEvents, 'onTokenReuse' | 'onBatch'>;
  private gathered: Read[] = [];

  constructor(calls: ScriptCalls, keys: Keys, events: Pick<StoreEvents, 'onTokenReuse' | 'onBatch'>) {
    this.calls = calls;
    this.keys = keys;
    this.events = events;
  }

  /** Reads a session by id and hash. Absence: null. */
  read(app: string, id: string, hash: string, touch: Touch, now: number, isLookedFor?: true): Promise<Visit | null> {
    return new Promise((found, failed) => {
      this.add({ app, id, hash, touch, now, asker: { found, failed }, nth: 0, isLookedFor });
    });
  }

  /** The same, told to who asked. */
  add(read: Read): void {
    if (this.gathered.length === 0) setImmediate(this.send);
    this.gathered.push(read);
  }

  /** Told of a token that a rotation replaced, after its grace, by whatever has met it. */
  reused(app: string, id: string, { isLookedFor }: { readonly isLookedFor?: true | undefined }): void {
    if (!isLookedFor) this.events.onTokenReuse?.(app, id);
  }

  private readonly send = (): void => {
    const reads = this.gathered;
    this.gathered = [];
    for (const group of this.grouped(reads)) {
      if (group.length <= MOST) void this.sendGroup(group);
      else for (let i = 0; i < group.length; i += MOST) void this.sendGroup(group.slice(i, i + MOST));
    }
  };

  /** Gives the reads that may share a call: one instant, and one slot where that matters. */
  private grouped(reads: Read[]): Iterable<Read[]> {
    if (reads.length === 1 || (this.calls.anySlot && this.calls.ownClock)) return [reads];
    const groups = new Map<string, Read[]>();
    for (const read of reads) {
      const slot = this.calls.anySlot ? '' : `${read.app}:${partitionOfId(read.id)}`;
      const key = `${this.calls.nowArgument(read.now)}:${slot}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [read]);
      else group.push(read);
    }
    return groups.values();
  }

  private async sendGroup(reads: Read[]): Promise<void> {
    this.events.onBatch?.(reads.length);
    const keys: ReadKeys[] = [];
    const hashes: string[] = [];
    let packed = '';
    for (const read of reads) {
      keys.push(this.keys.ofRead(read.app, read.id));
      const hash = packHashText(read.hash);
      hashes.push(hash);
      packed += TOUCH[read.touch] + read.id + String.fromCharCode(hash.length) + hash;
    }
    try {
      const { at, found } = await this.calls.read({ keys, packed, hashes }, reads[0]!.now);
      for (let i = 0; i < reads.length; i++) this.settle(reads[i]!, found[i]!, at);
    } catch (error) {
      for (const { asker } of reads) asker.failed(error);
    }
  }

  private settle({ app, id, asker, nth, isLookedFor }: Read, found: Found, at: number): void {
    let visit: Visit | null;
    try {
      if (found instanceof Error) throw unreadable(found);
      if (typeof found === 'number') this.reused(app, id, { isLookedFor });
      visit = Buffer.isBuffer(found) ? unpackVisit(found, app, id, at) : null;
    } catch (error) {
      asker.failed(error);
      return;
    }
    asker.found(visit, nth);
  }
}
