/**
 * The format of a namespace (../format.ts), in one small key. A server notes it when it starts, and looks again every minute: at a
 * Redis that was away at the start, or was emptied since. A server that runs when a newer version begins goes on, for
 * versions may be replaced one server after the other; what it cannot read is refused record by record. A journal is no part of the
 * format: a version that knows none reads every record, and tells nothing of what it changes and ends.
 */
import type { Finding } from '../finding.ts';
import { newerFormat } from '../format.ts';
import type { Keys } from './keys.ts';
import { FORM } from './record.ts';
import type { ScriptCalls } from './script-calls.ts';

export class Format {
  private readonly calls: ScriptCalls;
  private readonly keys: Keys;
  /** The URL without user and password. */
  private readonly store: string;
  private readonly namespace: string;

  constructor(calls: ScriptCalls, keys: Keys, store: string, namespace: string) {
    this.calls = calls;
    this.keys = keys;
    this.store = store;
    this.namespace = namespace;
  }

  /** Notes the format of this version. Gives why it may not use the store. Absence: null when it may. Errors: `store_unavailable`. */
  private async note(): Promise<string | null> {
    return this.judge(await this.calls.callTimeless('format', [this.keys.format], [FORM], true));
  }

  /** Takes the store for this version. Errors: a newer one has written it; `store_unavailable`. */
  async begin(): Promise<void> {
    const fault = await this.note();
    if (fault !== null) throw new Error(fault);
  }

  /** As `note`, but changes nothing. */
  async fault(): Promise<string | null> {
    return this.judge(await this.calls.command('GET', [this.keys.format]));
  }

  /** As `note`, for a server that runs. A Redis that takes no writes now is told where it hurts. */
  async finding(): Promise<Finding[]> {
    const message = await this.note().catch(() => null);
    return message === null ? [] : [{ kind: 'state', code: 'newer-format', where: this.store, message }];
  }

  private judge(noted: unknown): string | null {
    const { store, namespace } = this;
    return newerFormat({ store, namespace, format: noted === null ? null : String(noted), known: FORM });
  }
}
