/** What carries a request, whatever the platform has for it: see platform-transport.ts. */

export interface Outgoing {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Absence: undefined without a body. */
  readonly body?: string | undefined;
  /** Of the caller. */
  readonly signal?: AbortSignal | undefined;
  /** How long it may take until the whole answer is there. Units: milliseconds. */
  readonly timeout: number;
}

export interface Incoming {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly text: string;
}

/** Sends a request, and follows no redirect. Errors: TimedOut; the reason of the signal; what the platform says of a connection. */
export type Transport = (url: string, outgoing: Outgoing) => Promise<Incoming>;

/** The answer was not there in time. */
export class TimedOut extends Error {}
