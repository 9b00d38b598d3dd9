/**
 * Asks the server that this configuration makes. It connects to this machine only, and so does not check whose name the certificate is for.
 * Where clients need a certificate, it shows one.
 */
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { isIPv6 } from 'node:net';
import type { Config } from '../config.ts';

export type Address = Pick<Config, 'host' | 'port' | 'tls'>;

/** What came of asking. `reached`: the connection was made, TLS included. Absence: status null when there was no answer. */
export interface Outcome {
  readonly status: number | null;
  readonly reached: boolean;
  readonly why: string;
  readonly body: string;
}

export interface Question {
  readonly path: string;
  /** A client certificate, and its key, as paths. Absence: null. */
  readonly shown: { readonly cert: string; readonly key: string } | null;
  /** Units: milliseconds. */
  readonly timeout: number;
  /** Of the body, what is beyond it is left out. Units: characters. */
  readonly longest: number;
}

export function ask(address: Address, question: Question): Promise<Outcome> {
  const { tls, port } = address;
  const { path, shown, timeout, longest } = question;
  const common = {
    host: reachable(address.host),
    port,
    path,
    headers: { Host: 'localhost' },
    agent: false,
    timeout,
  };
  const certificate = tls?.clientCa && shown ? { cert: readFileSync(shown.cert), key: readFileSync(shown.key) } : {};
  return new Promise((resolve) => {
    let reached = false;
    const onAnswer = (answer: IncomingMessage) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => {
        body = (body + text).slice(0, longest);
      });
      answer.on('close', () => resolve({ status: answer.statusCode ?? 0, reached, why: '', body }));
    };
    const request =
      tls === null
        ? requestPlain(common, onAnswer)
        : requestSecure({ ...common, ...certificate, rejectUnauthorized: false }, onAnswer);
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeout / 1000} s`)), timeout);
    request.on('socket', (socket) => socket.once('secureConnect', () => (reached = true)));
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isAlert = error.code?.includes('_ALERT_') ?? false;
      resolve({ status: null, reached: reached || isAlert, why: error.code ?? error.message, body: '' });
    });
    request.on('close', () => clearTimeout(timer));
    request.end();
  });
}

/** A server that listens on every address is asked on loopback. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return /^[0:]+$/.test(host) ? '::1' : host;
}

export function urlOf({ host, port, tls }: Address): string {
  const name = reachable(host);
  return `http${tls === null ? '' : 's'}://${isIPv6(name) ? `[${name}]` : name}:${port}`;
}
