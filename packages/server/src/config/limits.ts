/** How much one caller, one app and all together may ask for. */
import { number, type Read, type Variable } from './variable.ts';

const RATE = {
  type: 'rate',
  unit: 'requests a second',
  default: '',
  allowed: 'REQUESTS or REQUESTS:BURST, whole numbers from 1 to 1000000',
} as const;

export const LIMIT_VARIABLES = {
  rateKey: {
    ...RATE,
    name: 'RS_RATE_KEY',
    sentence:
      'What each API key may ask for: REQUESTS a second and, after a pause, BURST at once (not given: as many as a second has). Beyond it: 429 with Retry-After.',
  },
  rateApp: {
    ...RATE,
    name: 'RS_RATE_APP',
    sentence: 'The same for each app, whoever asks; it also counts without API keys.',
  },
  rateMisses: {
    ...RATE,
    name: 'RS_RATE_MISSES',
    unit: 'tokens a second',
    allowed: 'TOKENS or TOKENS:BURST, whole numbers from 1 to 1000000',
    sentence:
      'How many tokens that open nothing each API key may show before all its requests with a token are answered 429 for a while. End users can send such tokens through your front end: set it well above what they do. Tokens cannot be guessed at any rate.',
  },
  rateWrongKeys: {
    ...RATE,
    name: 'RS_RATE_WRONG_KEYS',
    unit: 'calls a second',
    default: '10:100',
    allowed: 'CALLS or CALLS:BURST, whole numbers from 1 to 1000000',
    sentence:
      'How many calls with wrong API keys each address (of IPv6: each /64) may make before more of them are answered 429 for a while. Calls with right keys from the same address are not concerned.',
  },
  maxConcurrent: {
    name: 'RS_MAX_CONCURRENT',
    type: 'integer',
    unit: 'requests',
    default: '1000',
    allowed: 'a whole number from 1 to 100000',
    sentence:
      'How many requests are worked on at once. The surplus is answered 503 with Retry-After at once, so that those inside keep their pace.',
  },
  maxStreams: {
    name: 'RS_MAX_STREAMS',
    type: 'integer',
    unit: 'streams',
    default: '10000',
    allowed: 'a whole number from 0 to 100000',
    sentence:
      'How many streams of events may be open in each process; they do not count as requests. The surplus is answered 503 with Retry-After. 0: there are none, and events are had in pages.',
  },
} as const satisfies Record<string, Variable>;

/** A token bucket: filled at a steady pace, full at `burst`. */
export interface RateConfig {
  readonly perSecond: number;
  readonly burst: number;
}

export interface LimitsConfig {
  /** Absence: null when there is no such limit. */
  readonly rates: {
    readonly key: RateConfig | null;
    readonly app: RateConfig | null;
    readonly misses: RateConfig | null;
    readonly wrongKeys: RateConfig | null;
  };
  readonly maxConcurrent: number;
  /** How many streams of events may be open. */
  readonly maxStreams: number;
}

/** Reads it. Errors: ConfigError. */
export function readLimits(read: Read): LimitsConfig {
  const rate = (variable: Variable) => read(variable, rateOf);
  return {
    rates: Object.freeze({
      key: rate(LIMIT_VARIABLES.rateKey),
      app: rate(LIMIT_VARIABLES.rateApp),
      misses: rate(LIMIT_VARIABLES.rateMisses),
      wrongKeys: rate(LIMIT_VARIABLES.rateWrongKeys),
    }),
    maxStreams: read(LIMIT_VARIABLES.maxStreams, (text) => number(text, /^\d{1,6}$/, 0, 100_000)),
    maxConcurrent: read(LIMIT_VARIABLES.maxConcurrent, (text) => number(text, /^\d{1,6}$/, 1, 100_000)),
  };
}

function rateOf(text: string): RateConfig | null | undefined {
  if (text === '') return null;
  const parts = text.split(':').map((part) => number(part, /^\d{1,7}$/, 1, 1_000_000));
  if (parts.length > 2 || parts.includes(undefined)) return undefined;
  const [perSecond = 0, burst = perSecond] = parts;
  return Object.freeze({ perSecond, burst });
}
