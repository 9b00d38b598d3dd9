/** What tests of moving share: sessions of every form, an export as text, an import of a text. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Session } from '../../src/core/session.ts';
import type { SessionStore } from '../../src/core/store.ts';
import type { StoredSession } from '../../src/core/stored-session.ts';
import { importedCredential, newSeed, newSessionId, newToken, parseToken } from '../../src/core/token.ts';
import { exportAll } from '../../src/moving/exporter.ts';
import { type ImportResult, importAll } from '../../src/moving/importer.ts';
import { FORMAT_NAME, FORMAT_VERSION } from '../../src/moving/ndjson.ts';
import { openNdjson } from '../../src/moving/sources/ndjson.ts';
import { type Cleanup, temporaryFolder } from './server.ts';

/** Data that programs change when they read JSON and write it again. */
export const TEXTS = [
  '{}',
  '{"a":1.0,"b":1e2,"c":-0,"d":1E+2,"e":0.10}',
  '{"big":12345678901234567890,"small":1e-7}',
  '{"2":"two","1":"one","__proto__":{"x":1},"constructor":null}',
  '{"\\u0061":"\\ud83d\\ude00","/":"\\/","quote":"\\"","line":"\\n\\r\\u2028"}',
  '{"ü":"😀 \u2028 \u2029 \u007f","":""}',
  '{"nested":[[[]],{"deep":[{},[null,true,false]]}]}',
  `{"long":"${'x'.repeat(60_000)}"}`,
];

/** Makes one of every form. `now`: when they were last used, about. Units: epoch milliseconds. */
export function sessionsOfEveryForm(now: number): StoredSession[] {
  return TEXTS.flatMap((data, i) => [
    stored(now, { subject: null, data }, 'own'),
    stored(now, { subject: `user${i}@example.org`, data, ip: '2001:db8::1%eth0' }, 'own'),
    stored(now, { subject: '名前 ✓', app: 'blog-2', data, userAgent: 'Ünïcode/1.0', label: '“label”' }, 'own'),
    stored(now, { subject: 'joe', data, idleTimeout: null, absoluteExpiresAt: now + 86_400_000 }, 'own'),
    stored(now, { subject: 'joe', data, absoluteExpiresAt: now + 1, idleTimeout: 2_147_483_647_000 }, 'chosen'),
    stored(now, { subject: null, data, version: 77, reads: 4_000_000_000 }, 'chosen'),
    stored(now, { subject: 'rotated', data }, 'rotated'),
  ]);
}

/** Makes a record. `token`: of our own form, chosen by a caller, or rotated twice. */
export function stored(
  now: number,
  members: Partial<Session> = {},
  token: 'own' | 'chosen' | 'rotated' = 'own',
): StoredSession {
  const { subject = null } = members;
  const chosen = `chosen-${newSeed()}`;
  const id = token === 'chosen' ? importedCredential(chosen, subject).id : newSessionId(subject);
  const own = newToken(id, 'standard').credential;
  const replaced = [
    { hash: newToken(id, 'classic').credential.hash, alias: false, until: now + 10_000, seed: newSeed() },
    { hash: parseToken(chosen).hash, alias: true, until: now + 20_000, seed: null },
  ];
  const session: Session = {
    id,
    app: 'shop',
    subject,
    createdAt: now - 5_000,
    authenticatedAt: subject === null ? null : now - 4_000,
    lastSeenAt: now - 1_234,
    idleTimeout: 7_200_000,
    absoluteExpiresAt: null,
    version: 1,
    reads: 1,
    ip: null,
    userAgent: null,
    label: null,
    data: '{}',
    ...members,
  };
  if (token === 'chosen') return { session, credential: importedCredential(chosen, subject).credential };
  return { session, credential: token === 'own' ? own : { ...own, previous: replaced } };
}

/** Puts records into a store. */
export async function installAll(store: SessionStore, records: readonly StoredSession[], now: number): Promise<void> {
  await Promise.all(records.map((record) => store.install(record, false, now)));
}

/** Gives an export of a store as the text it is. */
export async function exported(store: SessionStore, now: number): Promise<string> {
  const parts: Buffer[] = [];
  await exportAll({
    store,
    apps: (await store.apps()).sort(),
    header: {
      format: FORMAT_NAME,
      version: FORMAT_VERSION,
      exportedAt: new Date(now).toISOString(),
      server: 'test',
      app: null,
    },
    sink: { write: async (bytes) => void parts.push(bytes) },
    clock: () => now,
    from: null,
    onPage: async () => {},
    signal: new AbortController().signal,
  });
  return Buffer.concat(parts).toString();
}

/** Gives the lines of the sessions of an export. Stores have them in different orders. */
export function sessionLines(text: string): string[] {
  return text.trimEnd().split('\n').slice(1, -1).sort();
}

/** Imports a text into a store. */
export async function imported(t: Cleanup, store: SessionStore, text: string, now: number): Promise<ImportResult> {
  const file = join(temporaryFolder(t), 'sessions.ndjson');
  writeFileSync(file, text);
  const source = await openNdjson(file, { app: null, text: () => undefined, has: () => false, clock: () => now });
  const { signal } = new AbortController();
  const common = { clock: () => now, dryRun: false, after: null, checkpoint: null, onProgress: () => {}, signal };
  try {
    return await importAll({ source, store, ...common });
  } finally {
    await source.close();
  }
}
