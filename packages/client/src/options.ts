/** How a client is set up, checked once. What is wrong is told by the first call, not by the constructor: see SessionClient. */
import { SessionConfigurationError } from './errors.ts';
import { type NearCacheOptions, type NearCacheSettings, nearCacheOf } from './near-cache-options.ts';
import { transportsFor } from './platform-transport.ts';
import { shown } from './shown.ts';
import type { StreamTransport, Transport, Transports } from './transport.ts';

/** Where the server is, and how it is asked. */
export interface ServerOptions {
  /** Where the server is: `http://127.0.0.1:3000`, or with a path where a proxy serves it below one. */
  readonly url: string;
  /** The API key. Absence: undefined for a server without keys, on loopback. */
  readonly key?: string | undefined;
  /** How long a call may take in all. Units: milliseconds. Default: 2000. */
  readonly timeout?: number | undefined;
  /** What carries the requests. Default: that of the platform; on Node its `node:http`, which costs less. */
  readonly fetch?: typeof fetch | undefined;
}

export interface SessionClientOptions extends ServerOptions {
  /** The app whose sessions these are. */
  readonly app: string;
  /** Lets `verify` answer from memory. Default: it asks the server each time. */
  readonly nearCache?: NearCacheOptions | undefined;
}

/** The same, checked. */
export interface ServerSettings {
  /** Without a slash at the end. */
  readonly base: string;
  /** Those of every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeout: number;
  readonly transport: Transport;
  readonly openStream: StreamTransport;
}

export interface Settings extends ServerSettings {
  /** The path of the app, encoded. */
  readonly appPath: string;
  /** Empty for calls that are about no app (admin/). */
  readonly app: string;
  /** Absence: null without a near cache. */
  readonly nearCache: NearCacheSettings | null;
}

const APP = /^[A-Za-z0-9-][A-Za-z0-9_-]{2,19}$/;
const KEY = /^[\x21-\x7e]+$/;

/** Gives the settings. Errors: SessionConfigurationError, with the name of the option that is wrong and the kind of what it is. */
export function settingsOf(options: SessionClientOptions): Settings {
  return { ...appSettings(options?.app), ...serverSettings(options), nearCache: nearCacheOf(options.nearCache) };
}

/** Gives what is of the app. Errors: SessionConfigurationError. */
export function appSettings(app: unknown): Pick<Settings, 'app' | 'appPath'> {
  if (typeof app !== 'string' || !APP.test(app)) {
    throw wrong('wrong_app', `app must be 3 to 20 characters of A-Z, a-z, 0-9, - and _, not ${shown(app)}`);
  }
  return { app, appPath: `/v1/apps/${app}` };
}

/** Gives what is of the server. `own`: what carries the requests, if not what the options and the platform say. */
export function serverSettings(options: ServerOptions, own?: Transports): ServerSettings {
  const { url, key, timeout = 2000 } = options ?? {};
  if (key !== undefined && (typeof key !== 'string' || !KEY.test(key))) {
    throw wrong('wrong_key', `key must be an API key as the server printed it, not ${kindOfKey(key)}`);
  }
  if (typeof timeout !== 'number' || !(timeout >= 1 && timeout <= 2_147_483_647)) {
    throw wrong('wrong_timeout', `timeout must be a number of milliseconds from 1 on, not ${shown(timeout)}`);
  }
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (key !== undefined) headers.Authorization = `Bearer ${key}`;
  const { send, open } = own ?? transportsFor(options?.fetch);
  return { base: baseOf(url), headers, timeout, transport: send, openStream: open };
}

function baseOf(url: unknown): string {
  const text = typeof url === 'string' || url instanceof URL ? String(url) : '';
  let parsed: URL;
  try {
    parsed = new URL(text);
  } catch {
    throw wrong('wrong_url', `url must be that of the server, such as http://127.0.0.1:3000, not ${shown(url)}`);
  }
  const { protocol, username, password, search, hash } = parsed;
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw wrong('wrong_url', `url must begin with http:// or https://, not with ${protocol}`);
  }
  // Not shown: there may be a secret in it.
  if (username !== '' || password !== '')
    throw wrong('wrong_url', 'url must have no name or password in it; give the API key as key');
  if (search !== '' || hash !== '') throw wrong('wrong_url', 'url must have no query and no fragment');
  return parsed.href.replace(/\/+$/, '');
}

/** Never the key itself: errors end in logs. */
function kindOfKey(key: unknown): string {
  if (typeof key !== 'string') return shown(key);
  if (key === '') return 'an empty string';
  return /\s/.test(key) ? 'text with a space or a line end in it' : 'text with characters that no key has';
}

export function wrong(code: string, message: string): SessionConfigurationError {
  return new SessionConfigurationError(code, message);
}
