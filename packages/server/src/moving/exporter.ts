/**
 * Writes the sessions of a store as the interchange format (ndjson.ts), page by page, while servers use it: each session as it is
 * at one moment, and one that is there all along exactly once. Nothing is held but a page.
 */
import { createHash } from 'node:crypto';
import type { SessionStore } from '../core/store.ts';
import { writeLine, writeSession } from './ndjson.ts';

/** Where it goes. */
export interface Sink {
  /** Resolves when there is room for more. Errors: when it cannot be written. */
  write(bytes: Buffer): Promise<void>;
}

/** How far an export has come, between two pages. */
export interface Place {
  readonly app: string;
  /** As `records` gave it. Absence: null when all of the app is written. */
  readonly cursor: string | null;
  readonly sessions: number;
}

export interface ExportOptions {
  readonly store: Pick<SessionStore, 'records'>;
  /** In the order to write them. */
  readonly apps: readonly string[];
  /** The first line. */
  readonly header: Parameters<typeof writeLine>[0];
  readonly sink: Sink;
  /** Units: epoch milliseconds. */
  readonly clock: () => number;
  /** What an earlier run has written already, and the digest of it. Absence: null to begin. */
  readonly from: { readonly place: Place; readonly digest: Digest } | null;
  /** Told after each page. */
  readonly onPage: (place: Place) => Promise<void>;
  /** Ends the work after a page. */
  readonly signal: AbortSignal;
}

/** The SHA-256 of what was written. */
export type Digest = ReturnType<typeof createHash>;

/** Sessions that are asked for at once. */
const PAGE = 500;

export function newDigest(): Digest {
  return createHash('sha256');
}

/** Exports. Gives how many sessions were written, and whether that is all. Errors: those of the store and of the sink. */
export async function exportAll(
  options: ExportOptions,
): Promise<{ readonly sessions: number; readonly isWhole: boolean }> {
  const { store, apps, header, sink, clock, from, onPage, signal } = options;
  const digest = from?.digest ?? newDigest();
  const write = async (text: string) => {
    const bytes = Buffer.from(text);
    digest.update(bytes);
    await sink.write(bytes);
  };
  if (from === null) await write(writeLine(header));
  let sessions = from?.place.sessions ?? 0;
  for (const app of apps) {
    if (from !== null && (app < from.place.app || (app === from.place.app && from.place.cursor === null))) continue;
    let cursor = from?.place.app === app ? from.place.cursor : null;
    do {
      if (signal.aborted) return { sessions, isWhole: false };
      const page = await store.records(app, cursor, PAGE, clock());
      if (page.records.length > 0) await write(page.records.map(writeSession).join(''));
      sessions += page.records.length;
      cursor = page.cursor;
      await onPage({ app, cursor, sessions });
    } while (cursor !== null);
  }
  await sink.write(Buffer.from(writeLine({ sessions, sha256: digest.digest('hex') })));
  return { sessions, isWhole: true };
}
