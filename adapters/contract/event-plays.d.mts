import type { ServerResponse } from 'node:http';

/** How a reader of events is asked for; README.md tells the members. */
export interface Asks {
  readonly after?: string;
  readonly types?: readonly string[];
  readonly subject?: string;
  readonly limit?: number;
  readonly wait?: number;
  readonly silence?: number;
}

export interface Answer {
  readonly status?: number;
  readonly code?: string;
  readonly html?: string;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cut?: boolean;
  readonly silent?: boolean;
}

export interface Connection {
  readonly position: string | null;
  readonly stream?: string;
  readonly pieces?: number;
  readonly padding?: number;
  readonly lines?: number;
  readonly then?: 'end' | 'cut' | 'stay';
  readonly answer?: Answer;
}

/** What a reader gives: an event, or that events are missing. */
export interface ToldItem {
  readonly event?: Readonly<Record<string, unknown>>;
  readonly resync?: true;
  readonly position: string;
}

export interface StreamVector {
  readonly name: string;
  readonly title: string;
  readonly asks: Asks;
  readonly connections: readonly Connection[];
  readonly told: readonly ToldItem[];
  readonly error?: string;
}

export interface PageVector {
  readonly name: string;
  readonly title: string;
  readonly asks: Asks;
  readonly query: Readonly<Record<string, string>>;
  readonly delay?: number;
  readonly answer: Answer;
  readonly gives?: {
    readonly events: readonly Readonly<Record<string, unknown>>[];
    readonly next: string;
    readonly resync: boolean;
  };
  readonly error?: string;
}

export interface EventPlay {
  readonly app: string;
  readonly vector: StreamVector | PageVector;
  serve(request: object, response: ServerResponse): Promise<void>;
  report(): { readonly faults: readonly string[]; readonly requests: readonly string[]; readonly open: number };
}

export function eventVectors(): { readonly streams: readonly StreamVector[]; readonly pages: readonly PageVector[] };
export function eventPlay(name: string, number: number): EventPlay | null;
export function piecesOf(connection: Connection): Buffer[];
