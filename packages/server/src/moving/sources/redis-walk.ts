/**
 * The keys of a Redis, page by page, as SCAN gives them: one that is there all along comes at least once. All keys are walked, not
 * only those of sessions, so that it is known how far one has come.
 */
import type { RedisServer } from './redis-server.ts';

/** Keys that SCAN looks at for one answer. */
const PAGE = 1000;

export interface KeyPage {
  readonly keys: readonly string[];
  /** Where to go on after this page: opaque, without secrets. */
  readonly position: string;
}

/** Gives the keys. `after`: the position of a page that was settled; null for the beginning. */
export async function* walkKeys(server: RedisServer, after: string | null): AsyncGenerator<KeyPage> {
  const nodes = await server.nodes();
  const [from = '', begun = '0'] = after === null ? [] : split(after);
  for (const node of nodes) {
    if (node.name < from) continue;
    let cursor = node.name === from ? begun : '0';
    // A node is done with the cursor 0, which is also how it begins.
    if (cursor === DONE) continue;
    do {
      const answer = (await node.send('SCAN', [cursor, 'COUNT', PAGE])) as [Buffer, Buffer[]];
      const next = answer[0].toString();
      // The page may come again, from its own cursor: what is read of it is settled only later.
      yield { keys: answer[1].map((key) => key.toString()), position: `${node.name} ${next === '0' ? DONE : next}` };
      cursor = next;
    } while (cursor !== '0');
  }
}

const DONE = 'done';
/** The position before all keys. */
export const BEGINNING = ' 0';

function split(position: string): [string, string] {
  const space = position.lastIndexOf(' ');
  return [position.slice(0, space), position.slice(space + 1)];
}

/** Gives how many keys there are, of whatever kind. */
export async function countKeys(server: RedisServer): Promise<number> {
  const counts = await Promise.all((await server.nodes()).map((node) => node.send('DBSIZE', [])));
  return counts.reduce((sum: number, count) => sum + Number(count), 0);
}
