/**
 * The log: one JSON line per event on standard error, or the same made readable when that is a terminal. (Standard output
 * is for what the start has to say to a person.) Nothing here ever sees a token: see RequestLine in http/sockets/request-log.ts.
 * How the lines get out, whatever standard error is: log/log-sink.ts.
 */
import { createRequire } from 'node:module';
import pino, { type Logger } from 'pino';
import type { Config } from '../config.ts';
import { LogSink } from './log-sink.ts';

export type Log = Logger;

/** Makes the log. Written without blocking. `worker`: its number, of one of several processes with one log. */
export function createLog({ logLevel }: Pick<Config, 'logLevel'>, worker: number | null = null): Log {
  const base = worker === null ? null : { worker };
  const options = { level: logLevel, base, timestamp: pino.stdTimeFunctions.isoTime };
  const { isTTY } = process.stderr;
  const sink = standardError(worker);
  if (!isTTY) {
    const log = pino({ ...options, formatters: { level: (label) => ({ level: label }) } }, sink);
    sinks.set(log, sink);
    return log;
  }
  const readable = makeReadable();
  return pino(options, { write: (line: string) => sink.write(readable(line)) });
}

/** Writes a line to standard error that must not be lost unseen. Resolves when it is taken. Errors: what the system says. */
export function deliver(line: string): Promise<void> {
  return standardError().deliver(line);
}

/** Of logs that write lines of JSON. */
const sinks = new WeakMap<Log, LogSink>();

/** What a line of the request log is. Absence: undefined for what is not in it. */
type FlatLine = Readonly<Record<string, string | number | undefined>>;

/**
 * Gives what writes lines without objects in them, all of one level and with the same words: as pino writes them, for a third of
 * what pino takes. A line about each request would cost as much as a fifth of the request.
 */
export function flatLines(log: Log, level: 'info' | 'debug', msg: string): (line: FlatLine) => void {
  const to = sinks.get(log);
  if (to === undefined) return (line) => log[level](line, msg);
  const begin = `{"level":"${level}","time":"`;
  const { worker } = log.bindings();
  const of = worker === undefined ? '"' : `","worker":${worker}`;
  const end = `,"msg":${JSON.stringify(msg)}}\n`;
  return (line) => {
    // Asked at each line: while a worker starts that is not the first, its log has a level that is not its own (worker-process.ts).
    if (!log.isLevelEnabled(level)) return;
    let text = begin + present() + of;
    for (const name in line) {
      const value = line[name];
      if (value === undefined) continue;
      text += `,"${name}":${typeof value === 'string' && PLAIN.test(value) ? `"${value}"` : JSON.stringify(value)}`;
    }
    to.write(text + end);
  };
}

/** What JSON writes as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

let lastInstant = 0;
let lastText = '';

/** Gives the present instant. Under load there are many lines in a millisecond. */
function present(): string {
  const now = Date.now();
  if (now !== lastInstant) {
    lastInstant = now;
    lastText = new Date(now).toISOString();
  }
  return lastText;
}

/** One for all logs of the process: there is one standard error. */
let sink: LogSink | null = null;

/** `worker`: of whoever asks first. */
function standardError(worker: number | null = null): LogSink {
  sink ??= new LogSink({
    ...{ fd: 2, isTerminal: process.stderr.isTTY, isShared: worker !== null, clock: Date.now },
    wordsForLoss: (lost, seconds) => wordsForLoss(lost, seconds, worker),
  });
  return sink;
}

/** For the start message. */
let output: LogSink | null = null;

/** Writes the start message to standard output, whatever that is. */
export function greet(text: string): void {
  output ??= new LogSink({ fd: 1, isTerminal: process.stdout.isTTY, clock: Date.now, wordsForLoss: () => '' });
  output.write(text);
}

function wordsForLoss(lost: number, seconds: number, worker: number | null): string {
  const msg = `the log could not be written for ${seconds} s; ${lost} lines were lost`;
  const of = worker === null ? {} : { worker };
  return `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), ...of, lost, seconds, msg })}\n`;
}

/** Resolves when all is written out, or after a second: whoever does not read the log does not keep the server from ending. */
export async function finishLog(): Promise<void> {
  await Promise.all([sink?.finish(), output?.finish()]);
}

/** Tells whether the system has not come back from a write for long: a process that ends must not wait for it. */
export function isLogStuck(): boolean {
  return (sink?.isStuck ?? false) || (output?.isStuck ?? false);
}

/**
 * Writes out what is still in memory, though its order may suffer. For a process that dies; one that ends
 * well waits for its writes.
 */
export function flushLog(): void {
  sink?.flushNow();
}

/** Loaded only for a terminal: a server under a supervisor starts faster without it. */
function makeReadable(): (line: string) => string {
  const { prettyFactory } = createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty');
  return prettyFactory({ singleLine: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l', colorize: true });
}
