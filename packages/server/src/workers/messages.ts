/** What the supervisor and its workers say to each other, on the channel of node:cluster. */
import type { Spent } from '../limits/pool.ts';

/** What a worker that answers tells of itself: the start message is made of it. */
export interface Ready {
  readonly url: string;
  readonly location: string;
  /** Absence: null when the store can be reached. */
  readonly trouble: string | null;
  readonly open: boolean;
}

/** Why a worker could not start, as a command says it. */
export interface StartFailure {
  readonly code: number;
  readonly lines: readonly string[];
}

export type FromWorker =
  | { readonly kind: 'ready'; readonly ready: Ready }
  | { readonly kind: 'failed'; readonly failure: StartFailure }
  /** It takes no new connection. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'spent'; readonly spent: Spent }
  /** It asks for what each worker has of something. */
  | { readonly kind: 'gather'; readonly id: number; readonly what: string }
  /** `id`: 0 for what nobody waits for: at each beat of the pulse, and the last that one tells before it ends. */
  | { readonly kind: 'part'; readonly id: number; readonly what: string; readonly part: unknown };

export type ToWorker =
  /** It sweeps and watches from now on, for all. */
  | { readonly kind: 'lead' }
  | { readonly kind: 'reload' }
  /** A worker died: what it held in the store is to be freed. */
  | { readonly kind: 'release' }
  /** No new connection; it ends when the old ones have. */
  | { readonly kind: 'drain' }
  | { readonly kind: 'stop' }
  /** What other workers took from buckets. */
  | { readonly kind: 'spent'; readonly spent: Spent }
  | { readonly kind: 'give'; readonly id: number; readonly what: string }
  | { readonly kind: 'gathered'; readonly id: number; readonly parts: readonly unknown[] };

/** Of what workers are asked: their metrics, as snapshots (metrics/snapshot.ts). */
export const METRICS = 'metrics';
/** And what they have for people who look at the server (metrics/figures.ts). */
export const FIGURES = 'figures';

/** Tells a process that it is a worker, and which one. Not a variable of the configuration. */
export const WORKER_MARK = 'REST_SESSIONS_WORKER';
/** Tells a worker that it is the one that is started before all others, and says what there is to say at the start. */
export const FIRST_MARK = 'REST_SESSIONS_FIRST';
