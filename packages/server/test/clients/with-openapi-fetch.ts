/** A session from its creation to its end, by openapi-fetch on the types that openapi-typescript makes. */
import assert from 'node:assert/strict';
import createClient from 'openapi-fetch';
import type { components, paths } from './generated/openapi-typescript';

const client = createClient<paths>({ baseUrl: process.argv[2]! });
const path = { app: 'openapi-fetch' };

const made = await client.POST('/v1/apps/{app}/sessions', { params: { path }, body: { subject: 'ann' } });
assert.ok(made.data);
const header = { 'Session-Token': made.data.token };
const params = { path, header };

const read = await client.GET('/v1/apps/{app}/session', { params: { ...params, query: { touch: true } } });
assert.ok(read.data);
const session: components['schemas']['Session'] = read.data;
assert.deepEqual([session.subject, session.reads], ['ann', 2]);
const query = { fields: 'subject,data.cart' };
const some = await client.GET('/v1/apps/{app}/session/fields', { params: { ...params, query } });
assert.deepEqual(some.data, { subject: 'ann', data: {} });

const set = { set: { cart: { book: 1 }, theme: 'dark' }, unset: ['nothing'] };
const kept = await client.PATCH('/v1/apps/{app}/session', { params, body: set });
assert.deepEqual(kept.data?.data, set.set);
// openapi-fetch itself takes members that a body does not have, where all others are optional. The type does not.
// @ts-expect-error: a merge patch has an operation of its own, so a slip is no merge patch.
const slipped: components['schemas']['SetUnset'] = { sett: {} };
const slip = await client.PATCH('/v1/apps/{app}/session', { params, body: slipped });
assert.equal(slip.error?.code, 'invalid_request');
const merged = await client.PATCH('/v1/apps/{app}/session/data', {
  params,
  body: { cart: { lamp: 2, book: null }, theme: null },
});
assert.deepEqual(merged.data?.data, { cart: { lamp: 2 } });
const stale = { ...header, 'If-Match': '"1"' };
const replaced = await client.PUT('/v1/apps/{app}/session/data', { params: { path, header: stale }, body: {} });
assert.equal(replaced.error?.code, 'version_mismatch');

const list = await client.GET('/v1/apps/{app}/sessions', { params: { path } });
assert.deepEqual(
  list.data?.sessions.map(({ id }) => id),
  [session.id],
);
const ids = await client.GET('/v1/apps/{app}/subjects/{subject}/sessions:ids', {
  params: { path: { ...path, subject: 'ann' } },
});
assert.deepEqual(ids.data, { ids: [session.id], cursor: null });
const count = await client.GET('/v1/apps/{app}/sessions:count', { params: { path, query: { activeWithin: 600 } } });
assert.equal(count.data?.sessions, 1);
const active = await client.GET('/v1/apps/{app}/activity', { params: { path, query: { within: 0.1 + 600.2 } } });
assert.deepEqual(active.data, { subjects: 1, sessions: 1 });

const once = { params: { path, header: { ...header, 'Idempotency-Key': crypto.randomUUID() } }, body: { grace: 0 } };
const rotated = await client.POST('/v1/apps/{app}/session/rotate', once);
assert.ok(rotated.data);
const again = await client.POST('/v1/apps/{app}/session/rotate', once);
assert.equal(again.data?.token, rotated.data.token);

const tokens = [rotated.data.token, 'nonsense'];
const verified = await client.POST('/v1/apps/{app}/sessions:verify', { params: { path }, body: { tokens } });
const subjects = verified.data?.results.map((result) => (result.active ? result.session.subject : null));
assert.deepEqual(subjects, ['ann', null]);

const own = { path, header: { 'Session-Token': rotated.data.token } };
const ended = await client.DELETE('/v1/apps/{app}/session', { params: own });
assert.equal(ended.data?.revoked, 1);
const gone = await client.GET('/v1/apps/{app}/session', { params: own });
assert.equal(gone.error?.code, 'session_not_found');
// @ts-expect-error: there is no such code.
assert.notEqual(gone.error?.code === 'session_notfound', true);
// @ts-expect-error: there is such a code, and a read never answers it.
assert.notEqual(gone.error?.code === 'token_taken', true);
