/**
 * A walk over all keys of a namespace, server by server, by SCAN: whatever is there all along comes at least once, also what no
 * index tells of. A cursor is only good for the process of Redis that gave it, so the walk of a server begins anew where that was
 * started again or another one has taken its place.
 */
import type { Node, RedisServer } from '../redis-server.ts';

/** Keys that are there together. `position`: where a walk begins that has these, and all after them. */
export interface Page {
  readonly keys: readonly string[];
  readonly position: string;
  /** Where the next page begins. */
  readonly next: string;
}

/** How many keys a server looks at in one step: it does nothing else meanwhile, for less than a millisecond. */
const STEP = '1000';
const OVER = 'over';

interface Place {
  readonly cursor: string;
  /** The process of Redis. Absence: '' where the account may not ask for it. */
  readonly run: string;
  readonly node: string;
}

/** Walks. `after`: a position. Absence: null for the beginning. Errors: when a server does not answer. */
export async function* walk(redis: RedisServer, pattern: string, after: string | null): AsyncGenerator<Page> {
  if (after === OVER) return;
  const nodes = await redis.nodes();
  const from = after === null ? null : placeOf(after);
  // A Cluster that has other masters by now is walked through from the beginning.
  const start = Math.max(
    0,
    nodes.findIndex(({ name }) => name === from?.node),
  );
  for (const [i, node] of nodes.entries()) {
    if (i < start) continue;
    const upTo = i === start && from?.node === node.name ? from : null;
    yield* walkNode(node, pattern, upTo, nodes[i + 1]?.name ?? null);
  }
}

async function* walkNode(
  node: Node,
  pattern: string,
  from: Place | null,
  nextNode: string | null,
): AsyncGenerator<Page> {
  let run = await runOf(node);
  let cursor = from !== null && run !== '' && from.run === run ? from.cursor : '0';
  do {
    const [now, [next, keys]] = await Promise.all([
      runOf(node),
      node.send('SCAN', [cursor, 'MATCH', pattern, 'COUNT', STEP]) as Promise<[Buffer, Buffer[]]>,
    ]);
    if (now !== run) {
      run = now;
      cursor = '0';
      continue;
    }
    const position = textOf({ cursor, run, node: node.name });
    cursor = next.toString();
    const isLast = cursor === '0';
    const following = isLast ? nextNode : node.name;
    yield {
      keys: keys.map(String),
      position,
      next: following === null ? OVER : textOf({ cursor, run: isLast ? '' : run, node: following }),
    };
    if (isLast) return;
  } while (true);
}

/** Gives which process of Redis a server is now. Absence: '' where the account may not ask. */
async function runOf(node: Node): Promise<string> {
  try {
    return /^run_id:(\w+)/m.exec(String(await node.send('INFO', ['server'])))?.[1] ?? '';
  } catch (error) {
    if ((error as Error).message.includes('NOPERM')) return '';
    throw error;
  }
}

function textOf({ cursor, run, node }: Place): string {
  return `${cursor} ${run} ${node}`;
}

function placeOf(position: string): Place {
  const [cursor = '0', run = '', node = ''] = position.split(' ');
  return { cursor, run, node };
}
