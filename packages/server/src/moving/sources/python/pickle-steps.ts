/** The steps that a pickle is made of, by their numbers in Python's pickletools: those that sessions have. */
import { type Item, MARK, type Machine } from './pickle-machine.ts';
import {
  NotReadable,
  PyFloat,
  PyGlobal,
  PyObject,
  PySet,
  PyTuple,
  type PyValue,
  textOf,
  wellFormed,
  whole,
} from './value.ts';

/** Digits or bytes. Larger ones take JavaScript long to make, and JSON readers to read. */
const LONGEST_NUMBER = 4000;

function argumentsOf(value: PyValue): readonly PyValue[] {
  if (!(value instanceof PyTuple)) throw new NotReadable('the pickle calls with what are no arguments');
  return value.items;
}

function append(to: Item, items: readonly PyValue[]): void {
  if (Array.isArray(to)) for (const item of items) to.push(item);
  else if (!(to instanceof PyObject)) throw new NotReadable('the pickle appends to what is no list');
  // A list of a class of its own is left by the name of its class, whatever is in it.
}

function setItems(to: Item, items: readonly PyValue[]): void {
  if (items.length % 2 !== 0) throw new NotReadable('the pickle sets a key without a value');
  if (to instanceof Map) for (let i = 0; i < items.length; i += 2) to.set(items[i]!, items[i + 1]!);
  else if (!(to instanceof PyObject)) throw new NotReadable('the pickle sets a key of what is no dict');
}

function add(to: Item, items: readonly PyValue[]): void {
  if (!(to instanceof PySet)) throw new NotReadable('the pickle adds to what is no set');
  to.items.push(...items);
}

/** Dicts that remember their order, and those with a default, are dicts in a session: their items follow. */
const DICTS = new Set(['collections.OrderedDict', 'collections.defaultdict', 'builtins.dict', '__builtin__.dict']);
const SETS = new Set(['builtins.set', 'builtins.frozenset', '__builtin__.set', '__builtin__.frozenset']);

function call({ name }: PyGlobal, args: readonly PyValue[]): PyValue {
  if (SETS.has(name)) {
    const set = new PySet();
    if (Array.isArray(args[0])) set.items.push(...args[0]);
    return set;
  }
  if (DICTS.has(name)) return dictOf(args.at(-1));
  // A method of a class, to be called: zones of zoneinfo are made by one.
  if (name === 'builtins.getattr' || name === '__builtin__.getattr') {
    const [of, method] = args;
    return new PyObject(`${of instanceof PyObject ? of.of : 'object'}.${method}`, []);
  }
  // How protocol 0 to 2 of Python 3 have bytes: _codecs.encode(text, 'latin1').
  if (name === '_codecs.encode' && typeof args[0] === 'string' && args[1] === 'latin1') {
    return Buffer.from(args[0], 'latin1');
  }
  // copyreg._reconstructor(cls, base, state): the class comes first.
  if (name === 'copyreg._reconstructor' || name === 'copy_reg._reconstructor') {
    const [of, , state] = args;
    return new PyObject(of instanceof PyObject ? of.of : 'object', state === null ? [] : [state!]);
  }
  return new PyObject(name, args);
}

/** `OrderedDict([[key, value], …])`, as older protocols have it. */
function dictOf(argument: PyValue | undefined): Map<PyValue, PyValue> {
  const pairs = Array.isArray(argument) ? argument : [];
  const isPair = (pair: PyValue): pair is PyValue[] => Array.isArray(pair) && pair.length === 2;
  return new Map(pairs.filter(isPair).map(([key, value]) => [key!, value!]));
}

function number(text: string): PyValue {
  if (text === '00' || text === '01') return text === '01';
  if (text.length > LONGEST_NUMBER || !/^-?\d+L?$/.test(text))
    throw new NotReadable('the pickle has a number that is none');
  return whole(BigInt(text.replace('L', '')));
}

/** A whole number in two's complement, the lowest byte first. */
function long(bytes: Buffer): number | bigint {
  if (bytes.length === 0) return 0;
  const hex = Buffer.from(bytes).reverse().toString('hex');
  return whole(BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`)));
}

type Step = (m: Machine) => void;

function textStep(size: 1 | 4 | 8): Step {
  return (m) => m.push(textOf(m.take(m.length(size))));
}

function bytesStep(size: 1 | 4 | 8): Step {
  return (m) => m.push(Buffer.from(m.take(m.length(size))));
}

function tupleStep(length: number): Step {
  return (m) => {
    const items: PyValue[] = [];
    for (let i = 0; i < length; i++) items.unshift(m.value());
    m.push(new PyTuple(items));
  };
}

const word =
  (value: PyValue): Step =>
  (m) =>
    m.push(value);

export const STEPS: Readonly<Record<number, Step>> = {
  128: (m) => {
    if (m.length(1) > 5) throw new NotReadable('the pickle is of a protocol after 5');
  },
  149: (m) => void m.length(8), // FRAME
  40: (m) => m.push(MARK),
  48: (m) => void m.pop(), // POP
  49: (m) => void m.marked(), // POP_MARK
  50: (m) => m.push(m.top()), // DUP
  // Words and numbers
  78: word(null),
  136: word(true),
  137: word(false),
  73: (m) => m.push(number(m.line())), // INT
  76: (m) => m.push(number(m.line())), // LONG
  74: (m) => m.push(m.take(4).readInt32LE()), // BININT
  75: (m) => m.push(m.length(1)), // BININT1
  77: (m) => m.push(m.length(2)), // BININT2
  138: (m) => m.push(long(m.take(m.length(1)))), // LONG1
  139: (m) => {
    const length = m.length(4); // LONG4
    if (length > LONGEST_NUMBER) throw new NotReadable('the pickle has a number that no session has');
    m.push(long(m.take(length)));
  },
  70: (m) => m.push(new PyFloat(Number(m.line()))), // FLOAT
  71: (m) => m.push(new PyFloat(m.take(8).readDoubleBE())), // BINFLOAT
  // Text and bytes
  140: textStep(1), // SHORT_BINUNICODE
  88: textStep(4), // BINUNICODE
  141: textStep(8), // BINUNICODE8
  86: (m) => m.push(wellFormed(unescaped(m.line()))), // UNICODE
  67: bytesStep(1), // SHORT_BINBYTES
  66: bytesStep(4), // BINBYTES
  142: bytesStep(8), // BINBYTES8
  150: (m) => {
    m.take(m.length(8));
    m.push(new PyObject('bytearray', []));
  },
  // Containers
  93: (m) => m.push([]), // EMPTY_LIST
  108: (m) => m.push(m.marked()), // LIST
  97: (m) => {
    const item = m.value();
    append(m.top(), [item]);
  },
  101: (m) => {
    const items = m.marked();
    append(m.top(), items);
  },
  125: (m) => m.push(new Map()), // EMPTY_DICT
  100: (m) => {
    const items = m.marked();
    const dict = new Map<PyValue, PyValue>();
    setItems(dict, items);
    m.push(dict);
  },
  115: (m) => {
    const value = m.value();
    const key = m.value();
    setItems(m.top(), [key, value]);
  },
  117: (m) => {
    const items = m.marked();
    setItems(m.top(), items);
  },
  41: tupleStep(0), // EMPTY_TUPLE
  133: tupleStep(1),
  134: tupleStep(2),
  135: tupleStep(3),
  116: (m) => m.push(new PyTuple(m.marked())), // TUPLE
  143: (m) => m.push(new PySet()), // EMPTY_SET
  144: (m) => {
    const items = m.marked();
    add(m.top(), items);
  },
  145: (m) => {
    const set = new PySet();
    set.items.push(...m.marked());
    m.push(set);
  },
  // The memo
  112: (m) => m.keep(place(m.line())), // PUT
  113: (m) => m.keep(m.length(1)), // BINPUT
  114: (m) => m.keep(m.length(4)), // LONG_BINPUT
  148: (m) => m.keepNext(), // MEMOIZE
  103: (m) => m.recall(place(m.line())), // GET
  104: (m) => m.recall(m.length(1)), // BINGET
  106: (m) => m.recall(m.length(4)), // LONG_BINGET
  // Names of classes, and what would call them
  99: (m) => m.push(new PyGlobal(`${m.line()}.${m.line()}`)), // GLOBAL
  147: (m) => {
    const name = m.value();
    const module = m.value();
    if (typeof name !== 'string' || typeof module !== 'string') throw new NotReadable('the pickle names no class');
    m.push(new PyGlobal(`${module}.${name}`));
  },
  82: (m) => {
    const args = argumentsOf(m.value());
    m.push(call(m.global(), args));
  },
  129: (m) => {
    const args = argumentsOf(m.value());
    m.push(call(m.global(), args));
  },
  146: (m) => {
    m.value(); // what it is called with by name
    const args = argumentsOf(m.value());
    m.push(new PyObject(m.global().name, args));
  },
  98: (m) => {
    const state = m.value();
    const made = m.top();
    if (made instanceof PyObject) made.state = state;
  },
};

function place(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new NotReadable('the pickle keeps something at no place');
  return Number(text);
}

/** Text of protocol 0: latin-1 with `\uXXXX` and `\UXXXXXXXX`. */
function unescaped(text: string): string {
  return text.replaceAll(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (_all, short, far) => {
    const point = Number.parseInt(short ?? far, 16);
    if (point > 0x10ffff) throw new NotReadable('the pickle has a character that is none');
    return String.fromCodePoint(point);
  });
}
