/** The audit log as routes read it. Made in audit/. */

export interface AuditEntries {
  /** Whether there is an audit log. */
  readonly on: boolean;
  /** Whether the server can read it: not where its lines go to standard error. */
  readonly readable: boolean;
  /** The newest first, each as the text of a JSON object. */
  readonly entries: readonly string[];
  /** Absence: null when there are none before. */
  readonly next: string | null;
}

/** `before`: `next` of the page before; absence: null for the newest. Errors: `invalid_cursor`, `audit_unavailable`. */
export type ReadAudit = (before: string | null, limit: number) => Promise<AuditEntries>;
