/** The headers of Standard Webhooks: who sent this, when, and that nobody has changed it. */
import { createHmac } from 'node:crypto';

/** `secrets`: texts `whsec_…`; each signs, so that a receiver takes the request before and after it has the new one. */
export function signedHeaders(
  id: string,
  body: string,
  secrets: readonly string[],
  now: number,
): Record<string, string> {
  const timestamp = `${Math.floor(now / 1000)}`;
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
