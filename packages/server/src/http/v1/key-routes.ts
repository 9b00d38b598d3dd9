/** v1: the API keys: what each may do, and when it was used last. */
import { z } from 'zod';
import { SCOPES } from '../../core/principal.ts';
import { seesApps } from '../guards/auth.ts';
import { instantText } from '../message/instant-text.ts';
import { KEY_SOURCES, type ListedKey, type ListKeys } from '../message/keys.ts';
import { answer } from '../message/route.ts';
import type { OperationRoute, Operations } from '../operation/operation.ts';

const instant = z.iso.datetime({ precision: 3 }).nullable();
const Scope = z.enum(SCOPES).meta({ id: 'Scope', description: 'What a key may do.' });
const KeyApps = z
  .union([z.literal('*'), z.array(z.string())])
  .meta({ id: 'KeyApps', description: '`*`: all apps, those that do not exist yet included. Else their names.' });
const KeySource = z
  .enum(KEY_SOURCES)
  .meta({ id: 'KeySource', description: 'Where it is configured: `RS_KEYS_FILE`, or `RS_API_KEYS`.' });
const Key = z
  .object({
    name: z.string(),
    apps: KeyApps,
    scopes: z.array(Scope),
    createdAt: instant.describe('Null where nobody has written it down.'),
    expiresAt: instant.describe('Null when it does not expire. One that has expired is listed until it is removed.'),
    lastUsedAt: instant.describe('Since this server started, in all of its processes. Null: not used.'),
    certificate: z.boolean().describe('Whether its caller must have a client certificate.'),
    source: KeySource,
  })
  .meta({ id: 'Key', description: 'An API key, without what it is known by.' });
const Keys = z.object({ keys: z.array(Key) }).meta({ id: 'Keys' });

const EXAMPLE = {
  keys: [
    {
      name: 'support',
      apps: ['shop'],
      scopes: ['read', 'revoke'],
      createdAt: '2026-11-01T00:00:00.000Z',
      expiresAt: '2027-11-01T00:00:00.000Z',
      lastUsedAt: '2026-11-26T07:18:16.000Z',
      certificate: false,
      source: 'file',
    },
  ],
};

export function keyRoute(list: ListKeys, operation: Operations): OperationRoute {
  return operation({
    id: 'listKeys',
    method: 'GET',
    path: '/v1/keys',
    scope: 'admin',
    narrowsApps: true,
    tag: 'access',
    summary: 'List the API keys',
    description:
      'Shows what each API key in force may do, when it ends and when it was used last: for the question which of them nobody needs any more. Neither a key nor its hash is ever shown. A caller that is not for all apps sees the keys all of whose apps it may use itself. A server without keys has none. `lastUsedAt` is kept in memory: a key that was replaced under its name begins anew.',
    answers: { 200: { description: 'In the order in which they are configured.', schema: Keys, example: EXAMPLE } },
    errors: [],
    handle: async ({ c }) => {
      const keys = (await list()).filter(({ apps }) => seesApps(c, apps));
      return answer(c, JSON.stringify({ keys: keys.map(keyOf) }));
    },
  });
}

function keyOf({ name, apps, scopes, createdAt, expiresAt, lastUsedAt, certificate, source }: ListedKey) {
  return {
    name,
    apps: apps === '*' ? apps : [...apps],
    scopes: [...scopes],
    createdAt: text(createdAt),
    expiresAt: text(expiresAt),
    lastUsedAt: text(lastUsedAt),
    certificate,
    source,
  };
}

function text(at: number | null): string | null {
  return at === null ? null : instantText(at);
}
