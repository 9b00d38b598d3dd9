/** A login, a change, a look and a log out, by the client that @hey-api/openapi-ts makes. */
import assert from 'node:assert/strict';
import * as api from './generated/hey-api';
import { client } from './generated/hey-api/client.gen';

client.setConfig({ baseUrl: process.argv[2]! });
const path = { app: 'hey-api' };

const made = await api.createSession({ path, body: { subject: 'ann' } });
assert.ok(made.data);
const headers = { 'Session-Token': made.data.token };
const kept = await api.replaceData({ path, headers, body: { cart: ['book'] } });
assert.deepEqual(kept.data?.data, { cart: ['book'] });
const read = await api.getSession({ path, headers, query: { touch: true } });
assert.deepEqual([read.data?.subject, read.data?.reads], ['ann', 2]);
const refused = await api.updateSession({ path, headers: { ...headers, 'If-Match': '"1"' }, body: { set: {} } });
assert.equal(refused.error?.code, 'version_mismatch');
const active = await api.getActivity({ path, query: { within: 0.1 + 600.2 } });
assert.deepEqual(active.data, { subjects: 1, sessions: 1 });
const told = await api.introspect({ body: { token: made.data.token, app: path.app } });
assert.equal(told.data?.active, true);
const ended = await api.revokeSession({ path, headers });
assert.equal(ended.data?.revoked, 1);
const gone = await api.getSession({ path, headers });
assert.equal(gone.error?.code, 'session_not_found');
