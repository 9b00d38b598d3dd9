/** A session from its creation to its end, by the client that orval makes. */
import assert from 'node:assert/strict';
import * as api from './generated/orval';

const app = 'orval';

const made = await api.createSession(app, { subject: 'ann' }, {});
assert.ok(made.status === 201);
const header = { 'Session-Token': made.data.token };

const read = await api.getSession(app, header, { touch: true });
assert.ok(read.status === 200);
const session: api.Session = read.data;
assert.deepEqual([session.subject, session.reads], ['ann', 2]);
const some = await api.getSessionFields(app, { fields: 'subject,data.cart' }, header);
assert.deepEqual(some.data, { subject: 'ann', data: {} });

const set = { set: { cart: { book: 1 }, theme: 'dark' }, unset: ['nothing'] };
const kept = await api.updateSession(app, set, header);
assert.ok(kept.status === 200);
assert.deepEqual(kept.data.data, set.set);
// @ts-expect-error: a merge patch has an operation of its own, so a slip is no merge patch.
const slip = await api.updateSession(app, { sett: {} }, header);
assert.equal(slip.status === 400 && slip.data.code, 'invalid_request');
const merged = await api.patchSessionData(app, { cart: { lamp: 2, book: null }, theme: null }, header);
assert.ok(merged.status === 200);
assert.deepEqual(merged.data.data, { cart: { lamp: 2 } });
const replaced = await api.replaceSessionData(app, {}, { ...header, 'If-Match': '"1"' });
assert.ok(replaced.status === 412);
assert.equal(replaced.data.code, 'version_mismatch');

const list = await api.listSessions(app);
assert.ok(list.status === 200);
assert.deepEqual(
  list.data.sessions.map(({ id }) => id),
  [session.id],
);
const ids = await api.listSubjectSessionIds(app, 'ann');
assert.deepEqual(ids.data, { ids: [session.id], cursor: null });
const count = await api.countSessions(app, { activeWithin: 600 });
assert.equal(count.status === 200 && count.data.sessions, 1);
const active = await api.getActivity(app, { within: 0.1 + 600.2 });
assert.deepEqual(active.data, { subjects: 1, sessions: 1 });

const once = { ...header, 'Idempotency-Key': crypto.randomUUID() };
const rotated = await api.rotateSession(app, once, { grace: 0 });
assert.ok(rotated.status === 200);
const again = await api.rotateSession(app, once, { grace: 0 });
assert.equal(again.status === 200 && again.data.token, rotated.data.token);

const verified = await api.verifySessions(app, { tokens: [rotated.data.token, 'nonsense'] });
assert.ok(verified.status === 200);
const subjects = verified.data.results.map((result) => (result.active ? result.session.subject : null));
assert.deepEqual(subjects, ['ann', null]);
const told = await api.introspect({ token: rotated.data.token, app });
assert.ok(told.status === 200);
assert.equal(told.data.active && told.data.sub, 'ann');

const own = { 'Session-Token': rotated.data.token };
const ended = await api.revokeSession(app, own);
assert.deepEqual([ended.status, ended.data], [200, { revoked: 1 }]);
const gone = await api.getSession(app, own);
assert.ok(gone.status === 404);
assert.equal(gone.data.code, 'session_not_found');
// @ts-expect-error: there is no such code.
assert.notEqual(gone.data.code === 'session_notfound', true);
// @ts-expect-error: there is such a code, and a read never answers it.
assert.notEqual(gone.data.code === 'token_taken', true);
