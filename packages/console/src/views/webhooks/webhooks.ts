/** Webhooks as administrators see them, and what they can do with one. */
import { part, v1 } from '../../api/request.ts';
import type { SessionEvent } from '../../api/types.ts';

export interface WebhookState {
  readonly name: string;
  readonly kind: string;
  readonly state: 'active' | 'failing' | 'paused' | 'disabled';
  /** Events that it was not told of yet. */
  readonly behind: number;
  /** Of these, what failed and waits for another attempt, with what is behind it. */
  readonly waiting: number;
  /** Given up, and kept. */
  readonly deadLetters: number;
  /** Given up, ever. */
  readonly dead: number;
  readonly deadDropped: number;
  readonly deliveredAt: string | null;
  readonly failedAt: string | null;
  readonly failure: string | null;
  readonly disabledAt: string | null;
}

export interface DeadLetter {
  readonly id: string;
  readonly at: string;
  readonly attempts: number;
  readonly failure: string;
  readonly event: SessionEvent;
}

export interface LetterPage {
  readonly deadLetters: readonly DeadLetter[];
  readonly cursor: string | null;
}

export interface Sent {
  readonly delivered: boolean;
  readonly status: number | null;
  readonly failure: string | null;
}

export const LETTERS = 20;

export async function webhooksOf(app: string, signal: AbortSignal): Promise<readonly WebhookState[]> {
  return (await v1<{ webhooks: readonly WebhookState[] }>(`/apps/${part(app)}/webhooks`, { signal })).webhooks;
}

export function lettersOf(app: string, name: string, cursor: string | null, signal: AbortSignal): Promise<LetterPage> {
  return v1<LetterPage>(`${pathOf(app, name)}/dead-letters`, { query: { limit: LETTERS, cursor }, signal });
}

export function test(app: string, name: string): Promise<Sent> {
  return v1<Sent>(`${pathOf(app, name)}/test`, { method: 'POST', body: {} });
}

export function resend(app: string, name: string, letter: string): Promise<Sent> {
  return v1<Sent>(`${pathOf(app, name)}/dead-letters/${part(letter)}/resend`, { method: 'POST', body: {} });
}

/** Sends until the receiver refuses one or the server has worked long enough; `left` are still there. */
export function resendAll(app: string, name: string): Promise<{ readonly resent: number; readonly left: number }> {
  return v1(`${pathOf(app, name)}/resend`, { method: 'POST', body: {} });
}

export function enable(app: string, name: string): Promise<{ readonly enabled: boolean }> {
  return v1(`${pathOf(app, name)}/enable`, { method: 'POST', body: {} });
}

/** `from`: RFC 3339. Gives how many events are sent again. */
export function replay(app: string, name: string, from: string): Promise<{ readonly events: number }> {
  return v1(`${pathOf(app, name)}/replay`, { method: 'POST', query: { from }, body: {} });
}

function pathOf(app: string, name: string): string {
  return `/apps/${part(app)}/webhooks/${part(name)}`;
}
