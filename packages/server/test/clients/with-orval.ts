/** A login, a change, a look and a log out, by the client that orval makes. */
import assert from 'node:assert/strict';
import * as api from './generated/orval';

const app = 'orval';

const made = await api.createSession(app, { subject: 'ann' }, {});
assert.ok(made.status === 201);
const header = { 'Session-Token': made.data.token };
const kept = await api.replaceData(app, { cart: ['book'] }, header);
assert.ok(kept.status === 200);
assert.deepEqual(kept.data.data, { cart: ['book'] });
const read = await api.getSession(app, header, { touch: true });
assert.ok(read.status === 200);
assert.deepEqual([read.data.subject, read.data.reads], ['ann', 2]);
const refused = await api.replaceData(app, {}, { ...header, 'If-Match': '"1"' });
assert.ok(refused.status === 412);
assert.equal(refused.data.code, 'version_mismatch');
const active = await api.getActivity(app, { within: 0.1 + 600.2 });
assert.deepEqual(active.data, { subjects: 1, sessions: 1 });
const told = await api.introspect({ token: made.data.token, app });
assert.deepEqual([told.status, (told.data as { active: boolean }).active], [200, true]);
const ended = await api.revokeSession(app, header);
assert.deepEqual([ended.status, ended.data], [200, { revoked: 1 }]);
const gone = await api.getSession(app, header);
assert.ok(gone.status === 404);
assert.equal(gone.data.code, 'session_not_found');
