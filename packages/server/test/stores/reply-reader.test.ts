/** The reader of the pipe's answers: right in whatever pieces they come, and deaf to anything that is none. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Reply, ReplyReader } from '../../src/stores/redis/reply-reader.ts';
import { Chance } from '../support/chance.ts';

/** Answers as lua/get.lua gives them, each with what it says. */
const ANSWERS: readonly [text: string, reads: number, said: unknown][] = [
  ['*2\r\n:1700000000000\r\n$5\r\n\r\n*1\r\r\n', 1, { at: 1_700_000_000_000, found: ['\r\n*1\r'] }],
  [
    '*5\r\n:7\r\n$-1\r\n:1\r\n-ERR this session cannot be read\r\n$0\r\n\r\n',
    4,
    { at: 7, found: [null, 1, 'error: ERR this session cannot be read', ''] },
  ],
  ['-NOSCRIPT No matching script. Please use EVAL.\r\n', 3, 'error: NOSCRIPT No matching script. Please use EVAL.'],
  [`*2\r\n:0\r\n$300\r\n${'$-1\r\n'.repeat(60)}\r\n`, 1, { at: 0, found: ['$-1\r\n'.repeat(60)] }],
  ['-MOVED 3999 127.0.0.1:6381\r\n', 1, 'error: MOVED 3999 127.0.0.1:6381'],
];

const ALL = Buffer.from(ANSWERS.map(([text]) => text).join(''), 'latin1');
const READS = ANSWERS.map(([, reads]) => reads);
const SAID = ANSWERS.map(([, , said]) => said);

function inWords(reply: Reply): unknown {
  const word = (found: unknown) =>
    found instanceof Error ? `error: ${found.message}` : Buffer.isBuffer(found) ? found.toString('latin1') : found;
  return reply instanceof Error ? word(reply) : { at: reply.at, found: reply.found.map(word) };
}

/** Reads bytes that come in pieces, for calls of so many reads each. Gives what was said, until an error. */
function read(pieces: readonly Buffer[], reads: readonly number[] = READS): { said: unknown[]; error: Error | null } {
  const said: unknown[] = [];
  const reader = new ReplyReader(
    () => reads[said.length] ?? 0,
    (reply) => void said.push(inWords(reply)),
  );
  try {
    for (const piece of pieces) reader.push(piece);
  } catch (error) {
    return { said, error: error as Error };
  }
  return { said, error: null };
}

/** Cuts bytes at random places. */
function pieces(bytes: Buffer, chance: Chance): Buffer[] {
  const cut: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + chance.below(1 + chance.below(40));
    cut.push(bytes.subarray(at, end));
    at = end;
  }
  return cut;
}

describe('the reader of answers', () => {
  test('reads answers in one piece, cut at every byte, and byte by byte', () => {
    const wanted = { said: SAID, error: null };
    assert.deepEqual(read([ALL]), wanted);
    for (let i = 0; i <= ALL.length; i++) assert.deepEqual(read([ALL.subarray(0, i), ALL.subarray(i)]), wanted, `${i}`);
    assert.deepEqual(read(Array.from(ALL, (byte) => Buffer.of(byte))), wanted);
  });

  test('says nothing of an answer before its last byte', () => {
    const [text, reads] = ANSWERS[1]!;
    for (let i = 0; i < text.length; i++) {
      assert.deepEqual(read([Buffer.from(text.slice(0, i), 'latin1')], [reads]), { said: [], error: null });
    }
  });

  for (const [kind, text] of Object.entries({
    'an answer that nobody waits for': '*2\r\n:1\r\n$-1\r\n*2\r\n:1\r\n$-1\r\n',
    'too many replies': '*3\r\n:1\r\n$-1\r\n$-1\r\n',
    'too few replies': '*1\r\n:1\r\n',
    'an array that is not there': '*-1\r\n',
    'a number of replies that is none': '*x\r\n',
    'a text where the array must be': '$2\r\nhi\r\n',
    'a line where the array must be': '+OK\r\n',
    'an instant that is a text': '*2\r\n$1\r\n1\r\n$-1\r\n',
    'an instant before the first': '*2\r\n:-1\r\n$-1\r\n',
    'an instant without digits': '*2\r\n:\r\n$-1\r\n',
    'an instant with a plus': '*2\r\n:+1\r\n$-1\r\n',
    'an instant of seventeen digits': '*2\r\n:12345678901234567\r\n$-1\r\n',
    'digits without an end': `*2\r\n:${'1'.repeat(40)}`,
    'a number that begins with 0': '*2\r\n:01\r\n$-1\r\n',
    'a line that ends with a line feed alone': '*2\n:1\n$-1\n',
    'a line that ends with a carriage return alone': '*2\r:1\r$-1\r',
    'a number that is not 1': '*2\r\n:1\r\n:2\r\n',
    'an array within the array': '*2\r\n:1\r\n*0\r\n',
    'a reply of RESP3': '*2\r\n:1\r\n_\r\n',
    'a text of length -2': '*2\r\n:1\r\n$-2\r\n',
    'a text of length -10': '*2\r\n:1\r\n$-10\r\n',
    'a text that is longer than it says': '*2\r\n:1\r\n$1\r\nab\r\n',
    'a text that is shorter than it says': '*2\r\n:1\r\n$3\r\nab\r\n$-1\r\n',
    'a text of more than any session': '*2\r\n:1\r\n$16777217\r\n',
    'an error with a carriage return in it': '-ERR a\rb\r\n',
    'an error that ends with a line feed alone': '-ERR a\n',
    'an error without an end': `-${'x'.repeat(9000)}`,
    'an answer of a web server': 'HTTP/1.1 400 Bad Request\r\n\r\n',
  })) {
    test(`refuses ${kind}, in one piece and byte by byte`, () => {
      const bytes = Buffer.from(text, 'latin1');
      for (const cut of [[bytes], Array.from(bytes, (byte) => Buffer.of(byte))]) {
        const { said, error } = read(cut, [1]);
        assert.ok(error instanceof Error, JSON.stringify(said));
        assert.ok(said.length <= 1);
      }
    });
  }

  test('whatever bytes come, it says as much as was asked for, or refuses (fuzz)', () => {
    const chance = new Chance(14);
    for (let i = 0; i < 3000; i++) {
      const bytes = Buffer.from(ALL);
      for (let n = 1 + chance.below(3); n > 0; n--) {
        const at = chance.below(bytes.length);
        // Of the characters that mean something, more often than of all others.
        bytes[at] = chance.percent(50) ? '*$:-+1\r\n'.charCodeAt(chance.below(8)) : chance.below(256);
      }
      const whole = read([bytes]);
      assert.deepEqual(read(pieces(bytes, chance)).said, whole.said, bytes.toString('latin1'));
      for (const [n, reply] of whole.said.entries()) {
        const { found } = reply as { found?: unknown[] };
        assert.ok(typeof reply === 'string' || found?.length === READS[n]);
      }
    }
  });
});
