/** Who may call, how often, and behind which certificate: made from the configuration for serve.ts, and read again when its files change. */
import { type Config, ConfigError, type RateConfig } from './config.ts';
import type { Authenticate } from './http/guards/auth.ts';
import type { RateLimits } from './http/guards/rate-limits.ts';
import { type KeyEvent, KeySource } from './keys/source.ts';
import { RateLimiter } from './limits/rate-limiter.ts';
import { Reminder } from './limits/reminder.ts';
import { WrongKeys } from './limits/wrong-keys.ts';
import type { Log } from './log/log.ts';
import type { Reloading } from './reloading.ts';
import { TlsSource } from './tls.ts';

export interface Access {
  /** Absence: null when everyone who reaches the port may call. */
  readonly authenticate: Authenticate | null;
  /** Absence: null when everyone may call. */
  readonly wrongKeys: WrongKeys | null;
  /** Gives when the next key ends. Absence: null when none does. Units: epoch milliseconds. */
  readonly keyExpires: (now: number) => number | null;
  /** Absence: null when no rate is configured. */
  readonly rateLimits: RateLimits | null;
  /** Absence: null for plain HTTP. */
  readonly tls: TlsSource | null;
  /** The files of keys and certificates, each group for itself. With a fault, what was there before stays. */
  readonly reloadings: readonly Reloading[];
}

/** Errors: ConfigError, for what the configuration points at too. */
export function openAccess(config: Config, log: Log): Access {
  const { keys: where } = config;
  const tls = config.tls && usable(() => new TlsSource(config.tls!, (why) => log.warn(why)));
  const open = where.file === null && where.list === null;
  const keys = open ? null : usable(() => new KeySource({ ...where, onEvent: (event) => logKeys(log, event) }));
  return {
    authenticate: keys && ((presented, now) => keys.verify(presented, now)),
    wrongKeys: open ? null : wrongKeys(config, log),
    keyExpires: (now) => nextEnd(keys?.ends ?? [], now),
    rateLimits: rateLimits(config, log),
    tls,
    reloadings: [
      ...(keys === null ? [] : [reloadingKeys(keys, where.file, log)]),
      ...(tls === null ? [] : [reloadingTls(tls, log)]),
    ],
  };
}

/** A key that has ended is told for so long, so that whoever is warned sees it. Units: milliseconds. */
const TOLD_AFTER_END = 86_400_000;

function nextEnd(ends: readonly number[], now: number): number | null {
  const told = ends.filter((end) => end > now - TOLD_AFTER_END);
  return told.length === 0 ? null : Math.min(...told);
}

function reloadingKeys(keys: KeySource, file: string | null, log: Log): Reloading {
  return {
    files: file === null ? [] : [file],
    read: () => keys.reload(),
    onFault: (error) =>
      log.error({ why: (error as Error).message }, 'the API keys have a fault; those from before stay'),
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

function rateLimits({ rates: { key, app, misses } }: Config, log: Log): RateLimits | null {
  if (key === null && app === null && misses === null) return null;
  const reminder = new Reminder();
  const onMisses = (caller: string, now: number) => {
    if (reminder.isDue(caller, now)) log.warn({ key: caller }, 'a caller has shown too many tokens that open nothing');
  };
  const limiter = (rate: RateConfig | null) => rate && new RateLimiter(rate);
  return { key: limiter(key), app: limiter(app), misses: limiter(misses), onMisses };
}

function wrongKeys({ rates }: Config, log: Log): WrongKeys | null {
  if (rates.wrongKeys === null) return null;
  const reminder = new Reminder();
  return new WrongKeys(new RateLimiter(rates.wrongKeys), (network, now, counts) => {
    if (!reminder.isDue(network, now)) return;
    log.warn({ address: network, wrongKeys: counts.all }, 'many calls with wrong API keys come from one address');
  });
}

function logKeys(log: Log, event: KeyEvent): void {
  if (event.kind === 'loaded') log.info({ keys: event.keys }, 'the API keys were read again');
  else if (event.kind === 'expired') log.warn({ key: event.key }, 'an API key was used that has expired');
  else log.warn(event.why);
}
