/**
 * Tells whether a webhook is of your session server, and gives the events in it (Standard Webhooks, symmetric signatures). It is whoever
 * knows the secret that signs: so the body must be the bytes that came, before anything has parsed them.
 *
 * WebCrypto does it, which every platform has. That an event was told before is not told from it: keep the `id` of webhooks for as long as
 * the tolerance, or let `sequence` of the events decide.
 */
import type { ServerEvent, SessionEvent } from '../event-types.ts';
import { secretsOf } from './secrets.ts';
import { WebhookError } from './webhook-error.ts';

export type * from '../event-types.ts';
export { WebhookError, type WebhookErrorCode } from './webhook-error.ts';

export type WebhookEvent = SessionEvent | ServerEvent;

export interface Webhook {
  /** The same in each attempt to deliver it. */
  readonly id: string;
  /** When this attempt was made. */
  readonly sentAt: Date;
  /** One, or those of a batch: the oldest first. */
  readonly events: WebhookEvent[];
}

export interface WebhookOptions {
  /** How far the time of the attempt may be from now, before and after. Units: milliseconds. Default: five minutes. */
  readonly tolerance?: number | undefined;
  /** Units: epoch milliseconds. Default: now. */
  readonly now?: number | undefined;
}

/** Headers as a platform has them: of `fetch`, of Node, or an object of any names in any case. */
export type WebhookHeaders =
  | { get(name: string): string | null | undefined }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

const FIVE_MINUTES = 300_000;

/**
 * Verifies a webhook. `body`: what came, unparsed. `secrets`: `whsec_…` as the policy of the server has it, or several while one takes
 * the place of another. Errors: WebhookError, on which to answer 400; TypeError for what the program itself did wrong.
 */
export async function verifyWebhook(
  body: string | Uint8Array | ArrayBuffer,
  headers: WebhookHeaders,
  secrets: string | readonly string[],
  { tolerance = FIVE_MINUTES, now = Date.now() }: WebhookOptions = {},
): Promise<Webhook> {
  const keys = secretsOf(secrets);
  if (!(tolerance >= 0)) throw new TypeError('tolerance must be a number of milliseconds from 0 on');
  const content = bytesOf(body);
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    headerOf(headers, name),
  ) as [string, string, string];
  // Seconds, as digits alone: nothing else could have been signed.
  if (!/^\d{1,12}$/.test(timestamp)) {
    throw new WebhookError('invalid_timestamp', 'webhook-timestamp must be a number of seconds');
  }
  const sentAt = Number(timestamp) * 1000;
  const isSigned = await matches(content, `${id}.${timestamp}.`, signatures, keys);
  // Before the time: what a stranger says of that is worth nothing.
  if (!isSigned) throw new WebhookError('no_signature_matches', 'no signature of the webhook is by one of the secrets');
  if (sentAt < now - tolerance) throw new WebhookError('too_old', `the webhook was sent ${ago(now - sentAt)} ago`);
  if (sentAt > now + tolerance) throw new WebhookError('too_new', `the webhook is ${ago(sentAt - now)} ahead`);
  return { id, sentAt: new Date(sentAt), events: eventsOf(content) };
}

const ago = (milliseconds: number) => `${Math.round(milliseconds / 1000)} s`;

function bytesOf(body: unknown): Uint8Array<ArrayBuffer> {
  if (typeof body === 'string') return new TextEncoder().encode(body);
  if (body instanceof Uint8Array) return new Uint8Array(body);
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  throw new TypeError('body must be the text or the bytes that came, before anything has parsed them');
}

function headerOf(headers: WebhookHeaders, name: string): string {
  const value = isGetter(headers) ? headers.get(name) : named(headers, name);
  if (typeof value === 'string' && value !== '') return value;
  throw new WebhookError('missing_header', `${name} must be there once`);
}

function isGetter(headers: WebhookHeaders): headers is { get(name: string): string | null | undefined } {
  if (typeof headers !== 'object' || headers === null) throw new TypeError('headers must be those that came');
  return typeof headers.get === 'function';
}

function named(headers: Readonly<Record<string, unknown>>, name: string): unknown {
  const found = Object.keys(headers).filter((key) => key.toLowerCase() === name);
  const values = found.flatMap((key) => headers[key]);
  return values.length === 1 ? values[0] : undefined;
}

async function matches(content: Uint8Array, head: string, signatures: string, keys: Uint8Array<ArrayBuffer>[]) {
  const prefix = new TextEncoder().encode(head);
  const signed = new Uint8Array(prefix.length + content.length);
  signed.set(prefix);
  signed.set(content, prefix.length);
  const given = signatures.split(' ').filter((signature) => signature.startsWith('v1,'));
  let isOne = false;
  for (const key of keys) {
    const own = `v1,${await signature(key, signed)}`;
    for (const each of given) isOne = isSame(own, each) || isOne;
  }
  return isOne;
}

async function signature(secret: Uint8Array<ArrayBuffer>, signed: Uint8Array<ArrayBuffer>): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', secret, algorithm, false, ['sign']);
  const bytes = await crypto.subtle.sign('HMAC', key, signed);
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

/** Compares in a time that does not tell how much was right. The length is no secret. */
function isSame(own: string, given: string): boolean {
  if (own.length !== given.length) return false;
  let difference = 0;
  for (let i = 0; i < own.length; i++) difference |= own.charCodeAt(i) ^ given.charCodeAt(i);
  return difference === 0;
}

function eventsOf(content: Uint8Array): WebhookEvent[] {
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder().decode(content));
  } catch (cause) {
    throw new WebhookError('invalid_body', 'the webhook is no JSON', { cause });
  }
  const events = Array.isArray(body) ? body : [body];
  const isEvent = (each: Partial<WebhookEvent> | null) =>
    each?.specversion === '1.0' && typeof each.type === 'string' && typeof each.data === 'object';
  if (events.length > 0 && events.every(isEvent)) return events;
  throw new WebhookError('invalid_body', 'the webhook has no CloudEvents in it');
}
