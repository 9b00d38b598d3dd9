/**
 * The lists of the classic API: all sessions in one answer, however many. A list that is short is sorted and sent with its
 * length. A longer one goes out in pieces, so it takes no more memory than a few pages, and those of its sessions that are
 * active while it is sent come last.
 */
import { byActivity } from '../../core/cursor.ts';
import { idleFor } from '../../core/expiry.ts';
import type { Session } from '../../core/session.ts';
import type { Batch } from '../../core/whole-list.ts';
import { HEADERS } from '../message/problem.ts';
import { answer, type Call, type Reply } from '../message/route.ts';
import { classicSession } from '../message/wire.ts';

/** What is held back to learn whether the list is short. Units: characters. */
const SHORT = 256 * 1024;
/** About what a session takes beside its data. Units: characters. */
const HEAD = 100;

export async function answerList(c: Call, batches: AsyncGenerator<Batch, void, void>): Promise<Reply> {
  const held: Batch[] = [];
  for (let length = 0; length <= SHORT; ) {
    const { done, value: batch } = await batches.next();
    if (done) return answer(c, `{"sessions":[${sorted(held)}]}`);
    held.push(batch);
    for (const { data } of batch.sessions) length += HEAD + data.length;
  }
  return { status: 200, headers: HEADERS, body: null, pieces: pieces(held, batches) };
}

function sorted(batches: readonly Batch[]): string {
  const all = batches.flatMap(({ sessions, at }) => sessions.map((session) => ({ session, at })));
  all.sort((a, b) => byActivity(a.session, b.session));
  return all.map(({ session, at }) => written(session, at)).join(',');
}

async function* pieces(held: Batch[], rest: AsyncGenerator<Batch, void, void>): AsyncGenerator<string, void, void> {
  let before = '{"sessions":[';
  // By `shift`, so that what has gone out is held no longer.
  for (let batch = held.shift(); batch !== undefined; batch = held.shift()) {
    yield before + textOf(batch);
    before = ',';
  }
  for await (const batch of rest) yield before + textOf(batch);
  yield ']}';
}

function textOf({ sessions, at }: Batch): string {
  return sessions.map((session) => written(session, at)).join(',');
}

function written(session: Session, at: number): string {
  return classicSession(session, session.reads, idleFor(session, at), at);
}
