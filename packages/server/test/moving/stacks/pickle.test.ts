/** Values of Python, as pickle and JSON have them: read to the last bit, and never run. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readPythonJson } from '../../../src/moving/sources/python/json-reader.ts';
import { jsonText } from '../../../src/moving/sources/python/json-text.ts';
import { readMsgpack } from '../../../src/moving/sources/python/msgpack.ts';
import { readPickle } from '../../../src/moving/sources/python/pickle.ts';
import { packFlask } from '../../../src/moving/sources/python/sessions.ts';
import { NotReadable, type PyDict, type PyObject } from '../../../src/moving/sources/python/value.ts';
import { NEEDS_PYTHON, python } from './python.ts';

const VALUES = `{
  "none": None, "yes": True, "no": False, "ints": [0, 1, -1, 127, 128, 255, 256, 65535, 65536, -2**31, 2**31, 2**63, -2**63, 2**64, 10**40, -10**40],
  "floats": [0.0, -0.0, 1.0, 0.1, 1e16, 1e15, 123456789012345680.0, 1e-4, 1e-5, 5e-324, 1.7976931348623157e308, 1/3],
  "text": ["", "a", "Zo\\u00eb \\U0001f600 \\" \\\\ / \\n\\t\\r\\x00\\x7f\\u2028", "x" * 300, "y" * 70000],
  "deep": [[[{"a": [{"b": ()}]}]]], "pair": (1, (2,), (3, 4), (5, 6, 7), (8, 9, 10, 11)),
  "same": [[1]] * 3, "many": list(range(3000)), "dict": {str(i): i for i in range(3000)}, "": "empty",
  7: "seven", None: "null", True: "t", 1.5: "float" }`;

describe('pickles', () => {
  for (const protocol of [0, 1, 2, 3, 4, 5]) {
    test(`protocol ${protocol} is read as Python's own json would write it`, { skip: NEEDS_PYTHON }, () => {
      const program = `import pickle, json, sys
v = ${VALUES}
if sys.argv[1] == "json": sys.stdout.buffer.write(json.dumps(v, ensure_ascii=False, separators=(",", ":")).encode())
else: sys.stdout.buffer.write(pickle.dumps(v, ${protocol}))`;
      assert.equal(jsonText(readPickle(python(program, 'pickle'))), python(program, 'json').toString());
    });
  }

  test('what Python writes as JSON is the same text again, and ASCII is the same as the letters', {
    skip: NEEDS_PYTHON,
  }, () => {
    const program = `import json, sys
v = ${VALUES}
sys.stdout.buffer.write(json.dumps(v, ensure_ascii=sys.argv[1] == "ascii", separators=(",", ":")).encode())`;
    const letters = python(program, 'letters').toString();
    assert.equal(jsonText(readPythonJson(letters)), letters);
    assert.equal(jsonText(readPythonJson(python(program, 'ascii').toString())), letters);
  });

  test('classes are names, and nothing of them is run', { skip: NEEDS_PYTHON }, () => {
    const program = `import pickle, sys, os, datetime, uuid, collections, decimal, zoneinfo
class Evil:
  def __reduce__(self): return (os.system, ("echo run >&2; exit 3",))
v = {"evil": Evil(), "d": datetime.date(2026, 1, 2), "od": collections.OrderedDict(a=1), "dd": collections.defaultdict(list, b=[2]),
  "n": decimal.Decimal("1.5"), "c": collections.Counter("aab"), "s": {1}, "f": frozenset([2]), "raw": b"x", "ba": bytearray(b"y"),
  "z": datetime.datetime(2026, 1, 2, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")), "type": int, "exc": ValueError("x"), "half": "\\ud800"}
sys.stdout.buffer.write(pickle.dumps(v, int(sys.argv[1])))`;
    for (const protocol of ['0', '1', '2', '3', '4', '5']) {
      const values = readPickle(python(program, protocol)) as PyDict;
      assert.match((values.get('evil') as PyObject).of, /^(posix|nt)\.system$/);
      const { data, lost } = packFlask(values);
      assert.equal(data, '{"od":{"a":1},"dd":{"b":[2]},"_flask":{"raw":{" b":"eA=="}}}', protocol);
      assert.equal(lost.length, 11, lost.join());
    }
  });

  test('what is cut off anywhere, or hostile, is refused and ends', { skip: NEEDS_PYTHON }, () => {
    const whole = python(
      'import pickle, sys; sys.stdout.buffer.write(pickle.dumps({"a": [1, 2.5, ("x", None)], "b": 2**70}))',
    );
    for (let length = 0; length < whole.length; length++) {
      assert.throws(() => readPickle(whole.subarray(0, length)), NotReadable);
      // Whatever else stands there: an error of ours, or a value.
      for (const byte of [0, 0x28, 0x52, 0x75, 0x81, 0xff]) {
        const changed = Buffer.from(whole);
        changed[length] = byte;
        try {
          readPickle(changed);
        } catch (error) {
          assert.ok(error instanceof NotReadable, `${error}`);
        }
      }
    }
    // A list in itself; lists of the same list, again and again; a deep one.
    assert.throws(() => readPickle(Buffer.from(']q\0h\0a.', 'latin1')), NotReadable);
    const bomb = `]q\0${Array.from({ length: 30 }, (_, i) => `]q${String.fromCharCode(i + 1)}(${`h${String.fromCharCode(i)}`.repeat(10)}e`).join('')}`;
    const popped = `${bomb.replaceAll('e]q', 'e]q')}`;
    assert.throws(() => readPickle(Buffer.from(`${popped}h\x1e.`, 'latin1')), NotReadable);
    assert.throws(() => readPickle(Buffer.from(`${']'.repeat(5000)}${'a'.repeat(4999)}.`, 'latin1')), NotReadable);
    assert.throws(() => readPickle(Buffer.concat([Buffer.from([0x80, 6]), Buffer.from('N.')])), NotReadable);
    assert.throws(
      () => readPickle(Buffer.from([0x80, 4, 0x8e, 255, 255, 255, 255, 255, 255, 255, 127, 0x2e])),
      NotReadable,
    );
  });
});

test('msgpack that is cut off or too deep is refused', () => {
  const whole = Buffer.from('83a16192cb3ff8000000000000c0a162d6ff00000001a163c403010203', 'hex');
  assert.ok(readMsgpack(whole) instanceof Map);
  for (let length = 0; length < whole.length; length++) {
    assert.throws(() => readMsgpack(whole.subarray(0, length)), NotReadable);
  }
  assert.throws(() => readMsgpack(Buffer.alloc(5000, 0x91)), NotReadable);
  assert.throws(() => readMsgpack(Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff])), NotReadable);
  assert.throws(() => readMsgpack(Buffer.from([0xc1])), NotReadable);
});

test('JSON that Python would not write is refused', () => {
  for (const text of [
    '',
    '{',
    '{"a"}',
    '{"a":1,}',
    '[1 2]',
    '01',
    '"\t"',
    '"\\x"',
    'nul',
    '{"a":1}x',
    '['.repeat(5000),
  ]) {
    assert.throws(() => readPythonJson(text), NotReadable, text.slice(0, 10));
  }
});
