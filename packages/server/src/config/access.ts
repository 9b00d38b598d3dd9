/** Who may call: API keys, or nobody's say-so. What a key looks like, keys/ knows: here it is only said where they are. */
import { ConfigError, quote, type Read, type Variable } from './variable.ts';

export const ACCESS_VARIABLES = {
  keysFile: {
    name: 'RS_KEYS_FILE',
    type: 'file',
    unit: 'JSON',
    default: '',
    allowed: 'a file of keys that no stranger can write',
    sentence:
      'The API keys that may call, as `rest-sessions keys create` writes them. Read again within seconds of a change and on SIGHUP; a file with a fault is refused as a whole, and the keys before it stay.',
  },
  apiKeys: {
    name: 'RS_API_KEYS',
    type: 'text',
    unit: '',
    default: '',
    allowed: 'entries NAME:sha256:HASH:APPS:SCOPES[:EXPIRES] with spaces between them',
    sentence:
      'API keys beside those of RS_KEYS_FILE, or instead of them. Hashes, never the keys themselves: `rest-sessions keys create` prints the entry.',
  },
  auth: {
    name: 'RS_AUTH',
    type: 'text',
    unit: '',
    default: '',
    allowed: '"none", or not set',
    sentence:
      'Set it to "none" to serve an address other than loopback without API keys: whoever reaches the port can then read, change and end every session.',
  },
  allowedHosts: {
    name: 'RS_ALLOWED_HOSTS',
    type: 'text',
    unit: 'host names',
    default: '',
    allowed: 'host names without a port, *.NAME for all under a name; commas or spaces between them',
    sentence:
      'Names by which a server without API keys may be called, besides addresses, localhost, names under localhost and names without a dot. Any other name in Host is answered 421: a web page could have it and reach the server through the browser of its machine (DNS rebinding). With API keys it has no effect.',
  },
} as const satisfies Record<string, Variable>;

/** Where the API keys are. Absence: null when the variable is not set; both null when everyone may call. */
export interface AccessConfig {
  readonly keys: { readonly file: string | null; readonly list: string | null };
  /** In lower case, `*.NAME` for all under a name. What counts without keys only. */
  readonly allowedHosts: readonly string[];
}

/** Reads it; `host` is where the server will listen. Errors: ConfigError. */
export function readAccess(read: Read, host: string): AccessConfig {
  const textOrNull = (variable: Variable) => read(variable, (text) => ({ text })).text || null;
  const auth = read(ACCESS_VARIABLES.auth, (text) => (text === '' || text === 'none' ? text : undefined));
  const keys = Object.freeze({
    file: textOrNull(ACCESS_VARIABLES.keysFile),
    list: textOrNull(ACCESS_VARIABLES.apiKeys),
  });
  const open = keys.file === null && keys.list === null;
  if (auth === 'none' && !open) {
    throw new ConfigError('RS_AUTH=none and API keys are both set; only one can say who may call');
  }
  if (open && auth !== 'none' && !isLoopback(host)) {
    throw new ConfigError(
      `RS_HOST=${quote(host)} is not loopback, and there are no API keys: whoever reaches the port could end every session; set RS_KEYS_FILE to a file made by rest-sessions keys create, or RS_AUTH=none if only your own servers can reach it`,
    );
  }
  return { keys, allowedHosts: Object.freeze(read(ACCESS_VARIABLES.allowedHosts, hostNames)) };
}

const HOST_NAME = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/;

/** Absence: undefined when one of them is no name. */
function hostNames(text: string): string[] | undefined {
  const names = text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  const bare = names.map((name) => name.replace(/\.$/, ''));
  return bare.every((name) => name.length <= 253 && HOST_NAME.test(name)) ? bare : undefined;
}

/** Gives what an operator should know of a server that everyone may call, in one line. Absence: null when keys are asked for. */
export function openNote({ keys, allowedHosts }: AccessConfig): string | null {
  if (keys.file !== null || keys.list !== null) return null;
  const more = allowedHosts.length === 0 ? '' : `, ${allowedHosts.join(', ')}`;
  return `there are no API keys: whoever reaches the server may do everything. Against web pages (DNS rebinding) it answers only to addresses, localhost, names without a dot${more}; RS_ALLOWED_HOSTS adds names`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
