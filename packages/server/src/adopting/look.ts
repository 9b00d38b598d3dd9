/** A look at the Redis of RS_ADOPT for `stats` and `doctor`: whether it answers, and how much is left there. It changes nothing. */
import type { AdoptConfig } from '../config.ts';
import { Layout } from '../moving/sources/predecessor/layout.ts';
import { readAddress } from '../stores/redis/address.ts';
import type { TlsFiles } from '../stores/redis/connection.ts';
import { OldLists } from './old-lists.ts';
import { OldRedis, OldSideAway } from './old-redis.ts';
import { OldSessions } from './old-sessions.ts';

export interface OldSide {
  /** Live sessions that are still there. */
  readonly left: number;
  /** Sessions that were taken out there and are not installed here yet. */
  readonly underWay: number;
}

/** Errors: why it does not answer, in a sentence. */
export async function lookAtOldSide(from: AdoptConfig, tls: TlsFiles, timeout: number): Promise<OldSide> {
  let said: unknown = null;
  const onError = (error: unknown) => {
    said = error;
  };
  const options = { address: readAddress(from.url)!, layout: new Layout(from.namespace), tls, timeout, onError };
  const old = new OldRedis(options);
  try {
    if (!(await old.ready())) throw said ?? new OldSideAway(old.trouble);
    const lists = new OldLists(old, new OldSessions(old, Date.now), Date.now);
    return { left: await lists.left(), underWay: Number(await old.send('ZCARD', [old.keys.taken])) };
  } catch (error) {
    const { cause } = error as Error;
    throw cause instanceof Error ? cause : error;
  } finally {
    old.close();
  }
}
