/** A login, a change, a look and a log out, by openapi-fetch on the types that openapi-typescript makes. */
import assert from 'node:assert/strict';
import createClient from 'openapi-fetch';
import type { paths } from './generated/openapi-typescript';

const client = createClient<paths>({ baseUrl: process.argv[2]! });
const path = { app: 'openapi-fetch' };

const made = await client.POST('/v1/apps/{app}/sessions', { params: { path }, body: { subject: 'ann' } });
assert.ok(made.data);
const header = { 'Session-Token': made.data.token };
const kept = await client.PUT('/v1/apps/{app}/session/data', { params: { path, header }, body: { cart: ['book'] } });
assert.deepEqual(kept.data?.data, { cart: ['book'] });
const read = await client.GET('/v1/apps/{app}/session', { params: { path, header, query: { touch: true } } });
assert.deepEqual([read.data?.subject, read.data?.reads], ['ann', 2]);
const stale = { ...header, 'If-Match': '"1"' };
const refused = await client.PATCH('/v1/apps/{app}/session', { params: { path, header: stale }, body: { set: {} } });
assert.equal(refused.error?.code, 'version_mismatch');
const active = await client.GET('/v1/apps/{app}/activity', { params: { path, query: { within: 0.1 + 600.2 } } });
assert.deepEqual(active.data, { subjects: 1, sessions: 1 });
const ended = await client.DELETE('/v1/apps/{app}/session', { params: { path, header } });
assert.equal(ended.data?.revoked, 1);
const gone = await client.GET('/v1/apps/{app}/session', { params: { path, header } });
assert.equal(gone.error?.code, 'session_not_found');
