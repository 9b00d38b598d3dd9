/** Whether sessions are taken over from redis-sessions while the server runs, and from where. */
import { type Read, showUrl, type Variable } from './variable.ts';

export const ADOPT_VARIABLES = {
  adopt: {
    name: 'RS_ADOPT',
    type: 'URL',
    unit: '',
    default: '',
    allowed:
      'not set, or redis://[USER:PASSWORD@]HOST[:PORT][/DB][?namespace=NAME], or the same with rediss: or redis+sentinel:',
    sentence:
      'The Redis of redis-sessions or rest-sessions 2.x, whose sessions are taken over while both serve: a token that opens nothing here is looked for there, and from then on its session is here. `namespace` is theirs, `rs` when it is left out. With rediss, RS_REDIS_CA, RS_REDIS_CERT and RS_REDIS_KEY hold for it, too. See docs/operations/live-adoption.md.',
  },
} as const satisfies Record<string, Variable>;

export interface AdoptConfig {
  /** Without the namespace. It may hold a password: shown only as `shown`. */
  readonly url: string;
  readonly namespace: string;
  /** The Redis and the namespace, without user and password. */
  readonly shown: string;
}

const NODE = String.raw`(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?`;
const LOGIN = String.raw`(?:[^@/\s?]*@)?`;
const FORM = new RegExp(
  String.raw`^(rediss?://${LOGIN}${NODE}(?:/\d{0,4})?|rediss?\+sentinel://${LOGIN}${NODE}(?:,${NODE})*/[A-Za-z0-9._-]+(?:/\d{0,4})?)(?:\?namespace=([^&=#\s]+))?$`,
);
const NAMESPACE = /^[^\p{C}\s]{1,64}$/u;
const DEFAULT = 'rs';

/** Absence: null when nothing is taken over. */
export function readAdopt(read: Read): AdoptConfig | null {
  return read(ADOPT_VARIABLES.adopt, (text) => (text === '' ? null : adoptionOf(text)));
}

function adoptionOf(text: string): AdoptConfig | undefined {
  const [, url = '', encoded = DEFAULT] = FORM.exec(text) ?? [];
  const [nodes = ''] = url.replace(/^.*(?:@|\/\/)/, '').split('/');
  const ports = nodes.split(',').map((node) => Number(/:(\d+)$/.exec(node)?.[1] ?? 1));
  const [login, namespace] = [decoded(url), decoded(encoded)];
  if (url === '' || login === null || namespace === null || !NAMESPACE.test(namespace)) return undefined;
  if (!ports.every((port) => port >= 1 && port <= 65_535)) return undefined;
  return Object.freeze({ url, namespace, shown: `${showUrl(url)}, namespace ${namespace}` });
}

/** Absence: null when a % does not begin the code of a character. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
