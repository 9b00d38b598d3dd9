/** A request that a vector expects; README.md tells the members. */
export interface Expected {
  readonly is: 'read' | 'create' | 'write' | 'rotate' | 'end';
  readonly optional?: boolean;
  readonly either?: readonly (readonly Expected[])[];
}

export type Deed = readonly [deed: 'see' | 'set' | 'set-inside' | 'unset' | 'login' | 'logout', ...rest: unknown[]];

export interface Page {
  readonly cookie?: string;
  readonly does: readonly Deed[];
  readonly requests: readonly Expected[];
  readonly ends: 'well' | 'error' | 'told' | 'well or error';
  readonly setCookie: 'new' | 'none' | 'none or cleared' | 'any';
}

export interface Vector {
  readonly rule: number;
  readonly name: string;
  readonly title: string;
  readonly session: object | null;
  readonly pages: readonly Page[];
}

/** A vector that is being played. */
export interface Play extends Vector {
  readonly app: string;
  readonly token: string;
}

/** A request with which a webhook comes, and what a receiver makes of it: `events`, or `error`. */
export interface WebhookCase {
  readonly name: string;
  readonly title: string;
  readonly secrets: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** In seconds. */
  readonly now: number;
  readonly events?: readonly Readonly<Record<string, unknown>>[];
  readonly error?: 'invalid_secret' | 'invalid_headers' | 'wrong_timestamp' | 'wrong_signature' | 'invalid_body';
}

export interface WebhookVectors {
  /** In seconds. */
  readonly tolerance: number;
  readonly cases: readonly WebhookCase[];
}

export function vectors(): Vector[];
export function sequences(requests: readonly Expected[]): Expected[][];
export function webhookVectors(): WebhookVectors;
export function startFakeServer(): Promise<{ readonly url: string; readonly close: () => void }>;
