// Writes a line of JSON for each token that was used after it had been replaced, and for each session that somebody else than its visitor ended.
// It goes on where it was when it is started again, and after it was killed.
//   SESSIONS=http://127.0.0.1:3000 LOG=fraud.log node fraud-log.mjs
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { SessionClient } from 'rest-sessions-client';

const { SESSIONS = 'http://127.0.0.1:3000', SESSIONS_KEY, APP = 'shop', LOG = 'fraud.log' } = process.env;
const sessions = new SessionClient({ url: SESSIONS, key: SESSIONS_KEY, app: APP });
/** Ends that a visitor makes, or time does. */
const ORDINARY = new Set(['logout', 'idle', 'absolute', 'moved', 'replaced', 'cap']);

/** The log itself says where it stands: the position of an event is in its line, so that no crash comes between the two. */
function lastPosition() {
  const text = existsSync(LOG) ? readFileSync(LOG, 'utf8') : '';
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole === '') return undefined;
  // Of a line that was being written nothing is kept: its event is told again.
  truncateSync(LOG, Buffer.byteLength(whole));
  return JSON.parse(whole.trimEnd().split('\n').at(-1)).position;
}

const lineOf = {
  'session.suspect': ({ stored, presented }) => ({ what: 'a replaced token was used', stored, presented }),
  'session.ended': ({ reason, by, note }) => ({ what: 'ended by another', reason, by, note }),
  // Nobody reads a log that hides what it does not know.
  resync: () => ({ what: 'events are missing before this line' }),
};

const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopped.abort());
const after = lastPosition() ?? (await sessions.eventsPage({ limit: 1, after: 'end' })).next;
const log = openSync(LOG, 'a');
console.log(`writes ${LOG}`);
try {
  const types = ['session.suspect', 'session.ended'];
  const onLost = (error) => console.error(`not heard: ${error.message}`);
  for await (const event of sessions.events({ after, types, signal: stopped.signal, onLost })) {
    const { type, time, id, position, data } = event;
    if (type === 'session.ended' && ORDINARY.has(data.reason)) continue;
    const whose = data && { session: data.session, subject: data.subject };
    writeSync(log, `${JSON.stringify({ time, id, type, ...whose, ...lineOf[type](data), position })}\n`);
    fsyncSync(log);
  }
} catch (error) {
  if (!stopped.signal.aborted) throw error;
} finally {
  closeSync(log);
}
