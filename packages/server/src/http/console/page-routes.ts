/**
 * The files of the console: one page for all its addresses (it looks at the address itself), and what it loads. They are made when the
 * package is built (packages/console).
 */
import { gzipSync } from 'node:zlib';
import { ServiceError } from '../../core/errors.ts';
import type { Call, Handle, Reply } from '../message/route.ts';
import { ASSET_HEADERS, PAGE_HEADERS } from './headers.ts';

/** Gives the bytes of a file: `index.html` or `assets/NAME`. Errors: whatever reading says when it is not there. */
export type ReadConsoleFile = (name: string) => Uint8Array<ArrayBuffer>;

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
};
/** A name without steps and without folders, whose end is known. Only such a one is ever read. */
const ASSET = /^\/console\/(assets\/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.([a-z0-9]{2,5}))$/;
/** What is compressed already. */
const PACKED: ReadonlySet<string> = new Set(['png', 'woff2']);

interface Kept {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Absence: null where that is not shorter. */
  readonly gzip: Uint8Array<ArrayBuffer> | null;
}

export interface Pages {
  /** The page. */
  readonly page: Handle;
  /** What the page loads, by its path. Errors: `route_not_found`. */
  readonly asset: Handle;
}

export function pagesFrom(read: ReadConsoleFile): Pages {
  const kept = new Map<string, Kept>();
  const file = (name: string, isPacked: boolean): Kept => {
    let known = kept.get(name);
    if (known === undefined) {
      known = keep(read, name, isPacked);
      kept.set(name, known);
    }
    return known;
  };
  return {
    page: (c) => reply(c, file('index.html', false), PAGE_HEADERS),
    asset: (c) => {
      const [, name, end = ''] = ASSET.exec(c.req.path) ?? [];
      const type = TYPES[end];
      if (name === undefined || type === undefined) throw notThere();
      return reply(c, file(name, PACKED.has(end)), { ...ASSET_HEADERS, 'Content-Type': type });
    },
  };
}

function keep(read: ReadConsoleFile, name: string, isPacked: boolean): Kept {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = read(name);
  } catch (cause) {
    throw notThere(cause);
  }
  const gzip = isPacked ? null : new Uint8Array(gzipSync(bytes, { level: 9 }));
  return { bytes, gzip: gzip !== null && gzip.length < bytes.length ? gzip : null };
}

function reply(c: Call, { bytes, gzip }: Kept, headers: Reply['headers']): Reply {
  const isPacked = gzip !== null && takesGzip(c.req.header('accept-encoding') ?? '');
  const sent = isPacked ? gzip : bytes;
  const more = { Vary: 'Accept-Encoding', 'Content-Length': String(sent.length) };
  return {
    status: 200,
    headers: { ...headers, ...more, ...(isPacked && { 'Content-Encoding': 'gzip' }) },
    body: null,
    bytes: sent,
  };
}

function takesGzip(accepted: string): boolean {
  return /(?:^|,)\s*gzip\s*(?:$|,|;\s*q=(?!0(?:\.0*)?\s*(?:$|,)))/i.test(accepted);
}

function notThere(cause?: unknown): ServiceError {
  return new ServiceError('route_not_found', 'there is no such file of the console', { cause });
}
