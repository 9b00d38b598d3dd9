/** Who may call, how often, and behind which certificate: made from the configuration for serve.ts, and read again when its files change. */
import type { RulesAudit } from './audit/rules-audit.ts';
import { type Config, ConfigError, type RateConfig } from './config.ts';
import type { Authenticate } from './http/guards/auth.ts';
import type { RateLimits } from './http/guards/rate-limits.ts';
import type { ListedKey } from './http/message/keys.ts';
import { requestIdOf } from './http/message/request-id.ts';
import { type KeyEvent, KeySource } from './keys/source.ts';
import type { Pool, PooledLimiter } from './limits/pool.ts';
import { RateLimiter } from './limits/rate-limiter.ts';
import { Reminder } from './limits/reminder.ts';
import { WrongKeys } from './limits/wrong-keys.ts';
import type { Log } from './log/log.ts';
import { ForNow, type Reloading } from './reloading.ts';
import { TlsSource } from './tls.ts';

export interface Access {
  /** Absence: null when everyone who reaches the port may call. */
  readonly authenticate: Authenticate | null;
  /** Absence: null when everyone may call. */
  readonly wrongKeys: WrongKeys | null;
  /** The keys themselves. Absence: null when everyone may call. */
  readonly keySource: KeySource | null;
  /** Gives all keys in force. `uses`: when each was used last, by its name. Absence: none when everyone may call. */
  readonly keys: (uses: ReadonlyMap<string, number>) => ListedKey[];
  /** Gives when keys were used last in this process, by their names. Units: epoch milliseconds. */
  readonly keyUses: () => Readonly<Record<string, number>>;
  /** Gives the SHA-256 of the keys file whose keys are in force. Absence: null without one. */
  readonly keysDigest: () => string | null;
  /** Gives when the next key ends. Absence: null when none does. Units: epoch milliseconds. */
  readonly keyExpires: (now: number) => number | null;
  /** Absence: null when no rate is configured. */
  readonly rateLimits: RateLimits | null;
  /** Absence: null for plain HTTP. */
  readonly tls: TlsSource | null;
  /** The files of keys and certificates, each group for itself. With a fault, what was there before stays. */
  readonly reloadings: readonly Reloading[];
}

/** `pool`: where several processes share their limits. Errors: ConfigError, for what the configuration points at too. */
export function openAccess(config: Config, log: Log, pool: Pool | null, audit: RulesAudit): Access {
  const { keys: where } = config;
  const tls = config.tls && usable(() => new TlsSource(config.tls!, (why) => log.warn(why)));
  const open = where.file === null && where.list === null;
  const keys = open ? null : usable(() => new KeySource({ ...where, onEvent: (event) => logKeys(log, event) }));
  return {
    authenticate: keys && authenticateBy(keys, log),
    wrongKeys: open ? null : wrongKeys(config, log, pool),
    keySource: keys,
    keys: (uses) => (keys?.shown ?? []).map((key) => ({ ...key, lastUsedAt: uses.get(key.name) ?? null })),
    keyUses: () => keys?.uses ?? {},
    keysDigest: () => keys?.digest ?? null,
    keyExpires: (now) => nextEnd(keys?.ends ?? [], now),
    rateLimits: rateLimits(config, log, pool),
    tls,
    reloadings: [
      ...(keys === null ? [] : [reloadingKeys(keys, where.file, log, audit)]),
      ...(tls === null ? [] : [reloadingTls(tls, log)]),
    ],
  };
}

/** A key that has ended is told for so long, so that whoever is warned sees it. Units: milliseconds. */
const TOLD_AFTER_END = 86_400_000;

function nextEnd(ends: KeySource['ends'], now: number): number | null {
  const told = ends.map(({ expiresAt }) => expiresAt).filter((end) => end > now - TOLD_AFTER_END);
  return told.length === 0 ? null : Math.min(...told);
}

function reloadingKeys(keys: KeySource, file: string | null, log: Log, audit: RulesAudit): Reloading {
  return {
    files: file === null ? [] : [file],
    read: () => keys.reload((changes, digest) => audit('keys.change', file, changes, digest)),
    onFault: (error) => {
      const why = (error as Error).message;
      if (error instanceof ForNow)
        log.error({ why }, 'the API keys are not read again for now; those from before stay');
      else log.error({ why }, 'the API keys have a fault; those from before stay');
    },
  };
}

function reloadingTls(tls: TlsSource, log: Log): Reloading {
  return {
    files: tls.paths,
    read: () => {
      tls.reload();
      log.info('the TLS files were read again; open connections stay');
    },
    onFault: (error) =>
      log.error({ why: (error as Error).message }, 'the TLS files have a fault; those from before stay'),
  };
}

function usable<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw new ConfigError((error as Error).message);
  }
}

function rateLimits({ rates: { key, app, misses } }: Config, log: Log, pool: Pool | null): RateLimits | null {
  if (key === null && app === null && misses === null) return null;
  const reminder = new Reminder();
  const onMisses = (key: string, now: number, requestId: string) => {
    if (reminder.isDue(key, now)) log.warn({ requestId, key }, 'a caller has shown too many tokens that open nothing');
  };
  return {
    key: key && limiter('key', key, pool),
    app: app && limiter('app', app, pool),
    misses: misses && limiter('misses', misses, pool),
    onMisses,
  };
}

function limiter(kind: string, rate: RateConfig, pool: Pool | null): RateLimiter | PooledLimiter {
  const own = new RateLimiter(rate);
  return pool === null ? own : pool.share(kind, own);
}

function wrongKeys({ rates }: Config, log: Log, pool: Pool | null): WrongKeys | null {
  if (rates.wrongKeys === null) return null;
  const reminder = new Reminder();
  return new WrongKeys(limiter('wrongKeys', rates.wrongKeys, pool), (network, now, counts, requestId) => {
    if (!reminder.isDue(network, now)) return;
    log.warn(
      { requestId, address: network, wrongKeys: counts.all },
      'many calls with wrong API keys come from one address',
    );
  });
}

function authenticateBy(keys: KeySource, log: Log): Authenticate {
  return (presented, now, c) =>
    keys.verify(presented, now, (key) => {
      log.warn({ requestId: requestIdOf(c), key }, 'an API key was used that has expired');
    });
}

function logKeys(log: Log, event: KeyEvent): void {
  if (event.kind === 'loaded') log.info({ keys: event.keys }, 'the API keys were read again');
  else log.warn(event.why);
}
