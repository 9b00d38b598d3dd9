/**
 * The log: one JSON line per event on standard error, or the same made readable when that is a terminal. (Standard output
 * is for what the start has to say to a person.) Nothing here ever sees a token: see RequestLine in http/node-server.ts.
 */
import { createRequire } from 'node:module';
import pino, { type Logger } from 'pino';
import type { Config } from './config.ts';

export type Log = Logger;

/** Makes the log. Written without blocking. */
export function createLog({ logLevel }: Pick<Config, 'logLevel'>): Log {
  const options = { level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (process.stderr.isTTY) return pino(options, prettyStream());
  return pino({ ...options, formatters: { level: (label) => ({ level: label }) } }, destination);
}

const destination = pino.destination({ fd: 2, sync: false });
// Nobody reads standard error any more: no reason to end.
destination.on('error', () => {});

/**
 * Writes out what is still in memory, though its order may suffer. For a process that dies; one that ends
 * well waits for its writes anyway.
 */
export function flushLog(): void {
  try {
    destination.flushSync();
  } catch {
    // Nobody reads standard error any more.
  }
}

/** Loaded only for a terminal: a server under a supervisor starts faster without it. */
function prettyStream(): NodeJS.WritableStream {
  const pretty = createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty').build;
  return pretty({
    destination: 2,
    sync: true,
    singleLine: true,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
  });
}
