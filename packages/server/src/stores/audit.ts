/** What `rest-sessions doctor` asks of an engine: to compare all it holds, and to mend it. Not part of the store contract. */
import type { Finding } from './finding.ts';

export interface AuditFinding extends Finding {
  /** What was done about it. Absence: null when nothing was, or nothing can be. */
  readonly mended: string | null;
}

export interface AuditOptions {
  /** False: nothing is written. */
  readonly repair: boolean;
  /** Whether only settings and states are looked at, and no session. Absence: false. */
  readonly quick?: boolean;
  /** Told of each finding, of some twice when entries move during the walk. */
  readonly onFinding: (finding: AuditFinding) => void;
  /** Told how far a phase has come. `total` is an estimate. */
  readonly onProgress: (phase: string, done: number, total: number) => void;
}

export interface AppSummary {
  readonly app: string;
  readonly sessions: number;
  /** Sessions in the largest of the app's partitions. Absence: null where the engine has none. */
  readonly largest: number | null;
  /** Sessions that have ended with their app and are still to be removed from the file: nobody sees them. */
  readonly ended: number;
}

/** An audit of a store that servers may be using. It holds a bounded part of the store in memory. */
export interface Audit {
  /** Goes through everything once. Errors: when the store cannot be read. */
  run(options: AuditOptions): Promise<AppSummary[]>;
  close(): Promise<void>;
}
