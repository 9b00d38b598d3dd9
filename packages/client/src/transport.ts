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

export interface StreamRequest {
  readonly headers: Readonly<Record<string, string>>;
  /** Ends the stream when it is aborted, whenever that is. */
  readonly signal: AbortSignal;
  /** Whether the process may end while it is open, where the platform can tell that. */
  readonly isBackground: boolean;
}

export interface IncomingStream extends Pick<Incoming, 'status' | 'headers'> {
  /** The body as it comes. Errors: the reason of the signal; what the platform says of a connection. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Gets an answer whose body goes on and on. It is there with its headers. Errors: as a Transport's; it has no time-out. */
export type StreamTransport = (url: string, request: StreamRequest) => Promise<IncomingStream>;

/** What a platform has for both. */
export interface Transports {
  readonly send: Transport;
  readonly open: StreamTransport;
}

/** The answer was not there in time. */
export class TimedOut extends Error {}
