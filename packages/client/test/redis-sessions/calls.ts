/** Calls of redis-sessions, drawn at random: right ones and wrong ones, for the library and for our class with the tokens of each. */
import type { Chance } from '../../../server/test/support/chance.ts';
import type { Version } from './versions.ts';

/** A session in both. */
export interface Pair {
  readonly app: string;
  readonly id: string;
  readonly isFixed: boolean;
  readonly theirs: string;
  readonly ours: string;
}

export interface Call {
  readonly method: string;
  /** Before the callback. */
  readonly options: readonly unknown[];
  /** Whether it is about a session of `no_resave`. */
  readonly isFixed: boolean;
  readonly isLook: boolean;
}

export interface Drawn {
  readonly theirs: Call;
  readonly ours: Call;
  readonly created?: Pick<Pair, 'app' | 'id' | 'isFixed'> | undefined;
}

const APPS = ['shop', 'Shop', 'a-b_c', '12345678901234567890'];
const IDS = [
  'ann',
  'joe',
  'bulk 9',
  'ann@shop.example',
  '딸기 필드',
  'a/b?c=d&e#f%',
  '"quoted"',
  "it's",
  '<b>',
  '😀',
  '...',
];
const IPS = ['127.0.0.1', '::1', 'unknown', '10.0.0.1, 10.0.0.2', 'a'.repeat(39), '%', 'ß'];
const WRONG_TEXTS = [undefined, null, '', 'ab', 'a'.repeat(300), 'a b', '!', 'ä', 0, false, {}, [], 'a\nb', 'a\u2028'];
const WRONG_TOKENS = ['a'.repeat(63), 'a'.repeat(65), `!${'a'.repeat(63)}`, undefined, null, '', 0, 'a'.repeat(64)];
const VALUES = ['x', '', 'ünï', 'a"b\\c', 0, -1.5, 1e21, true, false, null, 'null', '\u0000', '😀'];
const KEYS = ['a', 'b', 'c', '', '10', 'a.b', 'über', 'constructor', 'toString'];
const WRONG_DATA = [
  undefined,
  null,
  '',
  0,
  'text',
  7,
  true,
  [],
  ['a'],
  {},
  { a: [] },
  { a: 'x', b: { c: 1 } },
  { f: undefined },
];

/** Draws a call. It is about one of the pairs where it is about a session. */
export function callOf(chance: Chance, version: Version, pairs: readonly Pair[]): Drawn {
  const of = DRAWS[chance.pick(WEIGHTED)]!;
  return of(chance, version, pairs);
}

type Draw = (chance: Chance, version: Version, pairs: readonly Pair[]) => Drawn;

/** `make` gives the options anew for each, because the library writes into them. */
function both(method: string, make: (whose: 'theirs' | 'ours') => unknown, more: Partial<Call & Drawn> = {}): Drawn {
  const { created, isFixed = false, isLook = false } = more;
  const call = (whose: 'theirs' | 'ours'): Call => ({ method, options: [make(whose)], isFixed, isLook });
  return { theirs: call('theirs'), ours: call('ours'), created };
}

const appOf = (chance: Chance) => chance.pick(APPS);
const wrongApp = (chance: Chance) => chance.pick(WRONG_TEXTS);

function dataOf(chance: Chance): Record<string, unknown> {
  return Object.fromEntries(
    Array.from({ length: 1 + chance.below(3) }, () => [chance.pick(KEYS), chance.pick(VALUES)]),
  );
}

/** 4 keeps the ttl as it came, whatever it has checked, so only whole numbers are the same there. */
function ttlsOf(version: Version): readonly unknown[] {
  const right = [undefined, 10, 12, 30, 100, 7200, 31_536_000];
  const wrong = [9, -1, 'abc', true, {}, Number.NaN];
  return version === 4 ? [...right, 9, -1] : [...right, ...wrong.slice(0, 5), '45', '60s', 15.9, 0, null, ''];
}

/** Of others than text 4 asks nothing, and its Redis client refuses them. */
const WRONG_IDS = [undefined, null, '', 0, false, 'a\nb', '\u2028'];

function aboutSession(method: string, more: (chance: Chance) => object = () => ({})): Draw {
  return (chance, _version, pairs) => {
    const extra = more(chance);
    const pair = pairs.length > 0 && chance.percent(92) ? chance.pick(pairs) : null;
    if (pair === null) {
      const [app, token] = [chance.percent(40) ? wrongApp(chance) : appOf(chance), chance.pick(WRONG_TOKENS)];
      return both(method, () => ({ app, token, ...structuredClone(extra) }));
    }
    // Now and then the session of another app: there is none.
    const app = chance.percent(95) ? pair.app : appOf(chance);
    const isLook = '_noupdate' in extra;
    return both(method, (whose) => ({ app, token: pair[whose], ...structuredClone(extra) }), {
      isFixed: pair.isFixed,
      isLook,
    });
  };
}

function windowed(method: string): Draw {
  return (chance, version) => {
    const name = version === 4 ? 'deltaTime' : 'dt';
    const right = [10, 60, 100_000];
    const wrong = [9, 0, -5, undefined, null, Number.NaN, 'abc', {}];
    const also = version === 4 ? [] : ['60', '60s', 60.7];
    const value = chance.pick([...right, ...right, ...right, ...also, ...(chance.percent(30) ? wrong : right)]);
    const app = chance.percent(90) ? appOf(chance) : wrongApp(chance);
    return both(method, () => ({ app, [name]: value }));
  };
}

function ofId(method: string): Draw {
  return (chance) => {
    const app = chance.percent(95) ? appOf(chance) : wrongApp(chance);
    const id = chance.percent(90) ? chance.pick(IDS) : chance.pick(WRONG_IDS);
    return both(method, () => ({ app, id }));
  };
}

const DRAWS: Readonly<Record<string, Draw>> = {
  create: (chance, version) => {
    const wrong = chance.percent(15) ? chance.below(5) : -1;
    const app = wrong === 0 ? wrongApp(chance) : appOf(chance);
    const id = wrong === 1 ? chance.pick(WRONG_IDS) : chance.pick(IDS);
    const ip = wrong === 2 ? chance.pick([undefined, null, '', 'a'.repeat(40), 'a\nb']) : chance.pick(IPS);
    const ttl = wrong === 3 ? chance.pick(ttlsOf(version)) : chance.pick([undefined, 10, 30, 100, 7200]);
    const d = wrong === 4 ? chance.pick(WRONG_DATA) : chance.percent(50) ? dataOf(chance) : undefined;
    const isFixed = chance.percent(20);
    const no_resave = isFixed ? true : chance.pick([undefined, false]);
    const created = { app: String(app), id: String(id), isFixed };
    return both('create', () => ({ app, id, ip, ttl, no_resave, d: structuredClone(d) }), { created });
  },
  get: aboutSession('get'),
  look: aboutSession('get', () => ({ _noupdate: true })),
  set: aboutSession('set', (chance) => (chance.percent(90) ? { d: dataOf(chance) } : { d: chance.pick(WRONG_DATA) })),
  kill: aboutSession('kill'),
  activity: windowed('activity'),
  soapp: windowed('soapp'),
  soid: ofId('soid'),
  killsoid: ofId('killsoid'),
  killall: (chance) => {
    const app = chance.percent(60) ? appOf(chance) : wrongApp(chance);
    return both('killall', () => ({ app }));
  },
  none: (chance) => {
    const [method, options] = [
      chance.pick(['create', 'get', 'set', 'kill', 'soid', 'activity']),
      chance.pick([null, undefined]),
    ];
    return both(method, () => options);
  },
  ping: () => {
    const call: Call = { method: 'ping', options: [], isFixed: false, isLook: false };
    return { theirs: call, ours: call };
  },
};

/** By how often they are drawn. */
const WEIGHTED = Object.entries({
  ...{ create: 22, get: 22, set: 20, look: 3, kill: 6, killsoid: 3, killall: 1 },
  ...{ soid: 8, soapp: 6, activity: 6, none: 2, ping: 1 },
}).flatMap(([name, weight]) => Array<string>(weight).fill(name));
