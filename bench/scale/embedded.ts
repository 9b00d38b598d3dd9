/** An embedded store for `npm run scale`: filled quicker than over HTTP, and looked into from outside. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { newSessionId, newToken } from '../../packages/server/src/core/token.ts';
import { Tables } from '../../packages/server/src/stores/lmdb/tables.ts';
import type { Filling } from '../fill.ts';
import { APP } from '../sessions.ts';

/** The default of the server. */
const NAMESPACE = 'drs';
/** Sessions in one transaction. */
const SLICE = 2000;

/** Creates sessions in a folder, while a server may be using it. Their commits are as durable as those of a server. */
export async function fillEmbedded(
  folder: string,
  { count, data, perUser = 1, seenWithin = 0 }: Filling,
): Promise<void> {
  const tables = new Tables(folder, NAMESPACE);
  for (let begin = 0; begin < count; begin += SLICE) {
    await tables.transaction(() => {
      for (let i = begin; i < Math.min(begin + SLICE, count); i++) {
        const subject = `user${Math.floor(i / perUser)}`;
        const id = newSessionId(subject);
        const at = Date.now() - Math.round((seenWithin * i) / count);
        const times = { createdAt: at, authenticatedAt: at, lastSeenAt: at, idleTimeout: 7_200_000 };
        const rest = { absoluteExpiresAt: null, version: 1, reads: 1, ip: '192.0.2.7', userAgent: null, label: null };
        tables.insert({ id, app: APP, subject, ...times, ...rest, data }, newToken(id, 'classic').credential);
      }
    });
  }
  await tables.close();
}

/** Resolves when nothing is left of the apps that have ended. */
export async function whenRemoved(folder: string): Promise<void> {
  const tables = new Tables(folder, NAMESPACE, true);
  while ((await tables.read(() => tables.homes.leftovers())).length > 0) await delay(100);
  await tables.close();
}

/** Units: bytes. */
export const sizeOf = (folder: string): number => statSync(join(folder, 'data.mdb')).size;
