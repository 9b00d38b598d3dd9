/** What `rest-sessions stats` tells of a store. */
export interface StoreStatistics {
  readonly apps: readonly AppStatistics[];
  /** Of each app that has one; `_server` is that of the server itself. */
  readonly journals: readonly JournalStatistics[];
  /** What the engine says of itself, in the order to show: names as words, numbers with their unit in the name. */
  readonly engine: readonly EngineStatistics[];
}

export interface AppStatistics {
  readonly app: string;
  /** Those that live; on the embedded store also those that have expired since the last sweep. */
  readonly sessions: number;
  readonly subjects: number;
}

/** `bytes`: about. */
export interface JournalStatistics {
  readonly app: string;
  readonly events: number;
  readonly bytes: number;
}

/** One file, or one server that takes writes. */
export interface EngineStatistics {
  readonly where: string;
  readonly facts: Readonly<Record<string, number | string>>;
}
