/** Changes of the rules that a reload makes: in the audit log first, and then in force. */
import { ForNow } from '../reloading.ts';
import type { AuditLog, Change } from './audit-log.ts';

/**
 * Writes that the rules are about to change. `digest`: of the file that is to be in force. Errors: ForNow; they must not change then.
 */
export type RulesAudit = (act: Change, file: string | null, changes: readonly string[], digest: string) => void;

/** `audit`: null without an audit log, where nothing is written. */
export function rulesAudit(audit: AuditLog | null): RulesAudit {
  return (act, file, changes) => {
    try {
      audit?.changed(act, file, changes);
    } catch (error) {
      throw new ForNow('the audit log cannot be written', { cause: error });
    }
  };
}
