/**
 * What runs beside the requests while sessions come over, in one process of a server: finishes what a crash has left, ends what an old
 * server has ended that had read it before it was taken, counts what is left, and says when it is over.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Member, readMember } from './old-keys.ts';
import type { OldLists } from './old-lists.ts';
import { type OldRedis, OldSideAway } from './old-redis.ts';
import { LEASE, type Takeover } from './takeover.ts';

export interface WatchOptions {
  readonly old: OldRedis;
  readonly takeover: Takeover;
  readonly lists: OldLists;
  readonly clock: () => number;
  /** Told how many sessions are left there. */
  readonly onLeft: (left: number) => void;
  /** Told when none is left, and nothing is on its way; again when there were some since. */
  readonly onOver: () => void;
  /** Told in its place when this process has not seen one yet: it may be over, or it looks in the wrong place. */
  readonly onNone: () => void;
  readonly onError: (error: unknown) => void;
}

/** Between two rounds. Units: milliseconds. */
const PAUSE = 1000;
/**
 * For how long after a session came over a kill by an old server is still seen that had read it before. The old library reads and
 * kills in two steps with one round trip in between. Units: milliseconds.
 */
export const SETTLED_AFTER = 10_000;
/** Sessions that one script looks at. */
const STEP = 500;

/** Starts it. Gives a function that stops it and resolves when no round is under way. */
export function watchAdoption(options: WatchOptions): () => Promise<void> {
  const stopped = new AbortController();
  const round = new Round(options, () => stopped.signal.aborted);
  const rounds = (async () => {
    for (;;) {
      await round.go().catch((error: unknown) => {
        if (!stopped.signal.aborted) options.onError(error);
      });
      await delay(PAUSE, undefined, { signal: stopped.signal, ref: false });
    }
  })().catch(() => {});
  return () => {
    stopped.abort();
    return rounds;
  };
}

class Round {
  private readonly options: WatchOptions;
  private readonly isStopped: () => boolean;
  private isOver = false;
  private hasSeen = false;

  constructor(options: WatchOptions, isStopped: () => boolean) {
    this.options = options;
    this.isStopped = isStopped;
  }

  async go(): Promise<void> {
    const { old, lists, onLeft, onOver, onNone } = this.options;
    await this.finish();
    const onTheirWay = await this.settle();
    const left = await lists.left();
    onLeft(left);
    const isOver = left === 0 && onTheirWay === 0 && Number(await old.send('ZCARD', [old.keys.taken])) === 0;
    if (!isOver) this.hasSeen = true;
    else if (!this.isOver) (this.hasSeen ? onOver : onNone)();
    this.isOver = isOver;
  }

  /** Installs what was taken by a process that died before it had. */
  private async finish(): Promise<void> {
    const { old, takeover, clock, onError } = this.options;
    const range = [old.keys.taken, '-inf', clock() - LEASE, 'LIMIT', 0, STEP];
    const members = membersOf((await old.send('ZRANGEBYSCORE', range)) as Buffer[]);
    for (const { app, token } of members) {
      if (this.isStopped()) return;
      // One that cannot be finished holds up no other.
      await takeover.bring(app, token).catch((error: unknown) => {
        if (error instanceof OldSideAway) throw error;
        onError(error);
      });
    }
  }

  /** Looks at all that came over a moment ago. Gives how many of them may still be ended by who had read them before. */
  private async settle(): Promise<number> {
    const { old, takeover } = this.options;
    const { here, claims, namespace } = old.keys;
    let stay = 0;
    for (;;) {
      const answer = (await old.call('settle', [here], [stay, STEP, SETTLED_AFTER, claims, namespace])) as unknown[];
      const [stayed, looked, ...ended] = answer as [number, number, ...Buffer[]];
      for (const { app, token } of membersOf(ended)) await takeover.endedThere(app, token);
      stay += stayed - ended.length;
      if (looked < STEP || this.isStopped()) return stay;
    }
  }
}

function membersOf(texts: readonly Buffer[]): Member[] {
  return texts.map((text) => readMember(String(text))).filter((member) => member !== null);
}
