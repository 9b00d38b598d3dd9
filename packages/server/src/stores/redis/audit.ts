/**
 * The audit of a Redis that servers may be using: settings, then all keys of the namespace, then partition by partition. What
 * lies in one slot is compared by a script at one instant (audit-partition.ts); what does not is looked at twice
 * (suspects.ts). It walks the key space with SCAN, which the store itself never does: keys that no index leads to are
 * found in no other way. Rejected: reading everything and comparing here. It is wrong while servers write.
 */
import { ServiceError } from '../../core/errors.ts';
import type { AppSummary, Audit, AuditOptions } from '../audit.ts';
import { readAddress } from './address.ts';
import { Aliases } from './aliases.ts';
import { KeyWalk } from './audit-keys.ts';
import { PartitionAudit } from './audit-partition.ts';
import { examine } from './examination.ts';
import { Format } from './format.ts';
import { Keys } from './keys.ts';
import type { RedisOptions } from './redis-store.ts';
import { Refused } from './refusal.ts';
import { ScriptCalls } from './script-calls.ts';
import { Suspects } from './suspects.ts';

export interface RedisAuditOptions extends Pick<RedisOptions, 'url' | 'namespace' | 'timeout' | 'tls'> {
  readonly replicas: number;
  /** How long a create may be under way between two slots. Units: milliseconds. */
  readonly settle: number;
}

/** Partitions differ by chance, and by subjects with several sessions. More than this many times the share is told. */
const UNEVEN = 4;
/** Where the share of a partition is smaller than this, differences are not told. */
const EVEN_ENOUGH = 250;

export class RedisAudit implements Audit {
  private readonly options: RedisAuditOptions;
  private readonly calls: ScriptCalls;
  private readonly keys: Keys;
  private readonly format: Format;
  private refuse: (error: Refused) => void = () => {};

  /** Errors: a URL that is none of Redis. */
  constructor(options: RedisAuditOptions) {
    const address = readAddress(options.url);
    if (address === null) throw new Error('not a URL of Redis');
    const { timeout, tls = {} } = options;
    // A Redis that is away may come back. One that refuses the account or the database will refuse them again.
    const onError = (error: unknown) => {
      if (error instanceof ServiceError && error.cause instanceof Refused) this.refuse(error.cause);
    };
    this.options = options;
    this.calls = new ScriptCalls({ address, tls, timeout, replicas: 0, clock: 'redis', onError });
    this.keys = new Keys(options.namespace);
    this.format = new Format(this.calls, this.keys, address.safe, options.namespace);
  }

  async run(options: AuditOptions): Promise<AppSummary[]> {
    try {
      const refusal = new Promise<never>((_, reject) => {
        this.refuse = reject;
      });
      if (!(await Promise.race([refusal, this.calls.ready()]))) throw this.calls.trouble ?? new Error('no answer');
      const fault = await this.format.fault();
      if (fault !== null) throw new Error(fault);
      return await this.walk(options);
    } catch (error) {
      throw (error as Error).cause ?? error;
    }
  }

  async close(): Promise<void> {
    this.calls.close();
  }

  private async walk(options: AuditOptions): Promise<AppSummary[]> {
    const { calls, keys } = this;
    const { replicas, settle, namespace } = this.options;
    const suspects = new Suspects(settle);
    const aliases = new Aliases(calls, keys);
    for (const finding of await examine(calls, replicas, true)) options.onFinding({ ...finding, mended: null });
    if (options.quick) return [];
    const apps = await new KeyWalk({ calls, keys, aliases, namespace, suspects, options }).run();
    const partitions = new PartitionAudit({ calls, keys, aliases, suspects, options });
    const total = [...apps.values()].reduce((sum, { size }) => sum + size, 0);
    const summaries: AppSummary[] = [];
    let done = 0;
    for (const [app, parts] of apps) {
      let sessions = 0;
      let largest = { size: 0, partition: '' };
      for (const partition of parts) {
        const size = await partitions.run(app, partition);
        sessions += size;
        if (size > largest.size) largest = { size, partition };
        options.onProgress('sessions', ++done, total);
      }
      summaries.push({ app, sessions, largest: largest.size, ended: 0 });
      this.weigh(app, sessions, largest, options);
    }
    await suspects.confirm();
    return summaries;
  }

  private weigh(app: string, sessions: number, largest: { size: number; partition: string }, options: AuditOptions) {
    const share = sessions / 256;
    if (share < EVEN_ENOUGH || largest.size <= UNEVEN * share) return;
    const message = `this partition has ${largest.size} sessions, ${(largest.size / share).toFixed(1)} times its share: one subject probably has very many, and each step on it takes long; a cap helps`;
    const where = this.keys.partition(app, largest.partition)[0]!;
    options.onFinding({ kind: 'setting', code: 'balance', where, message, mended: null });
  }
}
