/**
 * The walk over all keys of a namespace: which partitions there are, whether their apps are known to the sweep, aliases
 * that would stay for ever, and keys of no known kind.
 */

import { ID_LENGTH } from '../../core/token.ts';
import type { AuditOptions } from '../audit.ts';
import type { Aliases } from './aliases.ts';
import { scan } from './audit-partition.ts';
import type { Keys } from './keys.ts';
import type { ScriptCalls } from './script-calls.ts';
import type { Suspects } from './suspects.ts';

export interface KeyWalkParts {
  readonly calls: ScriptCalls;
  readonly keys: Keys;
  readonly aliases: Aliases;
  readonly namespace: string;
  readonly suspects: Suspects;
  readonly options: AuditOptions;
}

const PAGE = 500;
/** What follows the braces of a key (keys.ts). */
const OF_PARTITION = /^[sjavud]$/;
const OF_ALIAS = 't';
/** Memos, locks, what a move leaves of where sessions went and came from, and what ended with its app: they end by their TTL. */
const PASSING = /^(n|l|[mclx]:[A-Za-z0-9]{16})$/;
/** The history of a subject, whose name may be any text. It ends by its TTL, too. */
const OF_HISTORY = /^h:/;
/** Outboxes, and a journal with what is known of it. */
const OF_JOURNAL = /^[0-9a-f]{2}}:o$|^e}:[ek]$/;
/** What a passing key gets that has lost its TTL. Units: milliseconds. */
const PASSING_TTL = 3_600_000;
/** What PTTL says of a key without a TTL. */
const FOR_EVER = -1;

export class KeyWalk {
  private readonly parts: KeyWalkParts;
  private readonly apps = new Map<string, Set<string>>();
  /** The apps whose journals are known. */
  private readonly journals = new Set<string>();

  constructor(parts: KeyWalkParts) {
    this.parts = parts;
  }

  /** Gives the partitions that hold something, by app. */
  async run(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const { calls, namespace, options } = this.parts;
    const masters = await calls.masters();
    const sizes = await Promise.all(masters.map(async ({ send }) => Number(await send('DBSIZE', []))));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    let done = 0;
    for (const { send } of masters) {
      const pages = scan((cursor) => send('SCAN', [cursor, 'MATCH', `{${namespace}:*`, 'COUNT', PAGE]));
      for await (const page of pages) {
        await Promise.all(page.map((key) => this.look(String(key))));
        done += PAGE;
        options.onProgress('keys', Math.min(done, total), total);
      }
    }
    return this.apps;
  }

  private async look(key: string): Promise<void> {
    const [, app, part, kind] = /^\{[^:}]+:([^:}]+):([^:}]+)\}:(.+)$/s.exec(key) ?? [];
    if (OF_JOURNAL.test(`${part}}:${kind}`)) return this.journal(key, app!);
    if (kind !== undefined && OF_HISTORY.test(kind)) return this.passing(key);
    if (kind === OF_ALIAS) return this.alias(key, app!);
    if (key === this.parts.keys.quota(app ?? '')) return this.quota(key, app!);
    if (kind !== undefined && PASSING.test(kind)) return this.passing(key);
    if (kind === undefined || !OF_PARTITION.test(kind) || !/^[0-9a-f]{2}$/.test(part!)) {
      return this.tell('key', key, 'a key of no known kind: another version or program wrote it', null);
    }
    const known = this.apps.get(app!);
    this.apps.set(app!, (known ?? new Set()).add(part!));
    if (known === undefined) await this.register(app!);
  }

  /** An app with sessions is entered for the sweep, before its first session and until after its last. */
  private async register(app: string): Promise<void> {
    const { calls, keys, suspects, options } = this.parts;
    const entered = async () => (await calls.command('ZSCORE', [keys.apps, app])) !== null;
    if (await entered()) return;
    await suspects.add(async () => {
      if ((await entered()) || !(await this.hasSessions(app))) return;
      if (options.repair) await calls.command('ZINCRBY', [keys.apps, 1, app]);
      this.tell('app', `${keys.apps} ${app}`, 'an app that no sweep would find: its expired sessions stay', 'entered');
    });
  }

  /** Its app is entered before anything is written: who comes after a crash looks only there for what is still to be moved. */
  private async journal(key: string, app: string): Promise<void> {
    const { calls, keys, suspects, options } = this.parts;
    const entered = async () =>
      this.journals.has(app) || (await calls.command('ZSCORE', [keys.journals, app])) !== null;
    if (await entered()) return void this.journals.add(app);
    await suspects.add(async () => {
      if (await entered()) return;
      this.journals.add(app);
      if (options.repair) await calls.command('ZADD', [keys.journals, Date.now(), app]);
      this.tell('journal', key, 'a journal of which nobody knows: what waits to be moved there stays', 'entered');
    });
  }

  /** What is kept of an app with a quota goes with the app. Its count is none to compare: it may be too high (quotas.ts). */
  private async quota(key: string, app: string): Promise<void> {
    const { calls, keys, suspects, options } = this.parts;
    const entered = async () => (await calls.command('ZSCORE', [keys.apps, app])) !== null;
    if (await entered()) return;
    await suspects.add(async () => {
      if ((await entered()) || (await this.hasSessions(app))) return;
      if (options.repair) await calls.command('DEL', [key]);
      this.tell('quota', key, 'a count of an app without sessions, which no sweep would find', 'removed');
    });
  }

  /** Asked of all partitions: the key that told of the app may be one that a repair has removed since. */
  private async hasSessions(app: string): Promise<boolean> {
    for (const partition of this.apps.get(app) ?? []) {
      const [sessions] = this.parts.keys.partition(app, partition);
      if (Number(await this.parts.calls.command('EXISTS', [sessions!])) === 1) return true;
    }
    return false;
  }

  /** Looks at a memo, or at what a move left. Each is written together with its TTL in one step, so one look is enough. */
  private async passing(key: string): Promise<void> {
    const { calls, options } = this.parts;
    if (Number(await calls.command('PTTL', [key])) !== FOR_EVER) return;
    if (options.repair) await calls.command('PEXPIRE', [key, PASSING_TTL]);
    this.tell('ttl', shown(key), 'a note that should end by itself stays for ever', 'it ends in an hour');
  }

  private async alias(key: string, app: string): Promise<void> {
    if ((await this.aliasFault(key, app)) === null) return;
    await this.parts.suspects.add(async () => {
      const fault = await this.aliasFault(key, app);
      if (fault === null) return;
      const { code, message, mend, mended } = fault;
      if (this.parts.options.repair) await mend?.();
      this.tell(code, shown(key), message, mend ? mended : null);
    });
  }

  private async aliasFault(key: string, app: string) {
    const { calls, keys } = this.parts;
    const [found, ttl] = await Promise.all([
      calls.command('GET', [key]) as Promise<Buffer | null>,
      calls.command('PTTL', [key]).then(Number),
    ]);
    if (found === null || ttl !== FOR_EVER) return null;
    const value = String(found);
    const [, id, until] = /^([0-9a-f]{2}[A-Za-z0-9]{14}):([^>]+)/.exec(value) ?? [];
    if (id === undefined || Number.isNaN(Number(until))) {
      const message = 'a token leads to something of no known form, for ever';
      return { code: 'alias-form', message, mend: null, mended: null };
    }
    if (Number.isFinite(Number(until))) {
      const mend = async () => {
        const [seconds] = (await calls.command('TIME', [])) as Buffer[];
        const left = Math.max(1, Math.ceil(Number(until) - Number(seconds) * 1000));
        await calls.callTimeless('alias-point', [key], [value, value, left]);
      };
      return {
        code: 'alias-ttl',
        message: 'a token leads to a session for ever, though that one ends',
        mend,
        mended: 'given its TTL',
      };
    }
    const ids = value.split('>').map((text) => text.slice(0, ID_LENGTH));
    for (const one of ids) {
      if (Number(await calls.command('HEXISTS', [keys.ofSession(app, one)[0]!, one])) === 1) return null;
    }
    const mend = () => calls.callTimeless('alias-release', [key], [id]);
    return {
      code: 'alias-orphan',
      message: 'a token leads to a session that ended, for ever',
      mend,
      mended: 'removed',
    };
  }

  private tell(code: string, where: string, message: string, mended: string | null): void {
    const { repair, onFinding } = this.parts.options;
    onFinding({ kind: 'fault', code, where, message, mended: repair ? mended : null });
  }
}

/** Gives enough of a key to find it by, and no hash of a token and no subject. */
function shown(key: string): string {
  return key.replace(/:h:.*$/s, ':h:…').replace(/^(\{[^:]+:[^:]+:[^}]{10})[^}]+/, '$1…');
}
