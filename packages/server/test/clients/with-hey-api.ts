/** A session from its creation to its end, by the client that @hey-api/openapi-ts makes. */
import assert from 'node:assert/strict';
import * as api from './generated/hey-api';
import { client } from './generated/hey-api/client.gen';

client.setConfig({ baseUrl: process.argv[2]! });
const path = { app: 'hey-api' };

const made = await api.createSession({ path, body: { subject: 'ann' } });
assert.ok(made.data);
const headers = { 'Session-Token': made.data.token };

const read = await api.getSession({ path, headers, query: { touch: true } });
assert.ok(read.data);
const session: api.Session = read.data;
assert.deepEqual([session.subject, session.reads], ['ann', 2]);
const some = await api.getSessionFields({ path, headers, query: { fields: 'subject,data.cart' } });
assert.deepEqual(some.data, { subject: 'ann', data: {} });

const set = { set: { cart: { book: 1 }, theme: 'dark' }, unset: ['nothing'] };
const kept = await api.updateSession({ path, headers, body: set });
assert.deepEqual(kept.data?.data, set.set);
// @ts-expect-error: a merge patch has an operation of its own, so a slip is no merge patch.
const slip = await api.updateSession({ path, headers, body: { sett: {} } });
assert.equal(slip.error?.code, 'invalid_request');
const patch = { cart: { lamp: 2, book: null }, theme: null };
const merged = await api.patchSessionData({ path, headers, body: patch });
assert.deepEqual(merged.data?.data, { cart: { lamp: 2 } });
const replaced = await api.replaceSessionData({ path, headers: { ...headers, 'If-Match': '"1"' }, body: {} });
assert.equal(replaced.error?.code, 'version_mismatch');

const list = await api.listSessions({ path });
assert.deepEqual(
  list.data?.sessions.map(({ id }) => id),
  [session.id],
);
const ids = await api.listSubjectSessionIds({ path: { ...path, subject: 'ann' } });
assert.deepEqual(ids.data, { ids: [session.id], cursor: null });
const count = await api.countSessions({ path, query: { activeWithin: 600 } });
assert.equal(count.data?.sessions, 1);
const active = await api.getActivity({ path, query: { within: 0.1 + 600.2 } });
assert.deepEqual(active.data, { subjects: 1, sessions: 1 });

const once = { path, headers: { ...headers, 'Idempotency-Key': crypto.randomUUID() }, body: { grace: 0 } };
const rotated = await api.rotateSession(once);
assert.ok(rotated.data);
assert.equal((await api.rotateSession(once)).data?.token, rotated.data.token);

const verified = await api.verifySessions({ path, body: { tokens: [rotated.data.token, 'nonsense'] } });
const subjects = verified.data?.results.map((result) => (result.active ? result.session.subject : null));
assert.deepEqual(subjects, ['ann', null]);
const told = await api.introspect({ body: { token: rotated.data.token, app: path.app } });
assert.equal(told.data?.active === true && told.data.sub, 'ann');

const own = { path, headers: { 'Session-Token': rotated.data.token } };
const ended = await api.revokeSession(own);
assert.equal(ended.data?.revoked, 1);
const gone = await api.getSession(own);
assert.equal(gone.error?.code, 'session_not_found');
// @ts-expect-error: there is no such code.
assert.notEqual(gone.error?.code === 'session_notfound', true);
// @ts-expect-error: there is such a code, and a read never answers it.
assert.notEqual(gone.error?.code === 'token_taken', true);
