/** The reader of event streams, by the WHATWG form. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { EventStreamReader, FrameTooLong } from '../src/event-stream.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

function read(...chunks: (string | Uint8Array)[]) {
  const reader = new EventStreamReader();
  return chunks.flatMap((chunk) => reader.read(typeof chunk === 'string' ? bytes(chunk) : chunk));
}

const datas = (...chunks: (string | Uint8Array)[]) => read(...chunks).map(({ data }) => data);

describe('the reader of a stream of events', () => {
  test('lines end with LF, CR or CRLF, and a byte order mark is none of the first one', () => {
    for (const end of ['\n', '\r', '\r\n']) {
      const stream = `\uFEFFid: 1${end}data: a${end}${end}id: 2${end}data: b${end}${end}`;
      assert.deepEqual(read(stream), [
        { event: '', data: 'a', id: '1' },
        { event: '', data: 'b', id: '2' },
      ]);
    }
  });

  test('lines of data are joined, one space after the colon is taken away, and comments and unknown fields are nothing', () => {
    const stream = ': hello\nevent: resync\ndata\ndata:  two\ndata:three\nretry: 5\nunknown: x\n\n: \n\n';
    assert.deepEqual(read(stream), [{ event: 'resync', data: '\n two\nthree', id: null }]);
  });

  test('an id stays until the next one, moves without data, and is none with a NUL in it; an event without data is none', () => {
    assert.deepEqual(read('id: 1\n\nevent: x\n\ndata: a\n\nid: 2\0\ndata: b\n\nid\ndata: c\n\n'), [
      { event: '', data: null, id: '1' },
      { event: '', data: 'a', id: '1' },
      { event: '', data: 'b', id: '1' },
      { event: '', data: 'c', id: '' },
    ]);
  });

  test('what has not ended with an empty line is not told', () => {
    assert.deepEqual(datas('data: a\n\ndata: b\n'), ['a']);
  });

  test('a stream reads the same wherever it is cut', () => {
    const lines = fc.constantFrom(
      'data: a',
      'data: Zoë 🦊',
      'data',
      'id: 7',
      'event: resync',
      ': comment',
      '',
      '',
      'x:y',
    );
    const stream = fc.array(fc.tuple(lines, fc.constantFrom('\n', '\r', '\r\n')), { maxLength: 30 });
    const property = fc.property(stream, fc.array(fc.nat(200), { maxLength: 20 }), (parts, cuts) => {
      const whole = bytes(parts.flat().join(''));
      const at = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
      const chunks = at.slice(1).map((end, i) => whole.slice(at[i]!, end));
      assert.deepEqual(read(...chunks), read(whole));
      assert.deepEqual(read(...Array.from(whole, (byte) => Uint8Array.of(byte))), read(whole));
    });
    fc.assert(property, { numRuns: 300 });
  });

  test('a line, or lines of data, of more than a mebibyte are refused while they come', () => {
    const reader = new EventStreamReader();
    const part = bytes('x'.repeat(65_536));
    reader.read(bytes('data: '));
    assert.throws(() => {
      for (let i = 0; i < 20; i++) reader.read(part);
    }, FrameTooLong);
    const other = new EventStreamReader();
    const line = bytes(`data: ${'x'.repeat(65_536)}\n`);
    assert.throws(() => {
      for (let i = 0; i < 20; i++) other.read(line);
    }, FrameTooLong);
    assert.deepEqual(datas(`data: ${'x'.repeat(1_000_000)}\n\n`), ['x'.repeat(1_000_000)]);
  });
});
