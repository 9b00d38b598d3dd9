import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type SseMessage, SseParser } from '../src/api/sse-parser.ts';

function parse(pieces: readonly string[]): SseMessage[] {
  const parser = new SseParser();
  return pieces.flatMap((piece) => parser.push(piece));
}

describe('the stream of events as text', () => {
  const STREAM =
    'retry: 1000\n\nid: a.1\ndata: {"x":1}\n\n: \n\nevent: position\nid: a.2\ndata: \n\nevent: resync\ndata: \n\n';
  const HEARD = [
    { id: null, retry: 1000, event: 'message', data: '' },
    { id: 'a.1', retry: null, event: 'message', data: '{"x":1}' },
    { id: 'a.2', retry: null, event: 'position', data: '' },
    { id: null, retry: null, event: 'resync', data: '' },
  ];

  test('is the same however it is cut into pieces', () => {
    assert.deepEqual(parse([STREAM]), HEARD);
    assert.deepEqual(parse([...STREAM]), HEARD);
    for (let at = 0; at < STREAM.length; at++) assert.deepEqual(parse([STREAM.slice(0, at), STREAM.slice(at)]), HEARD);
  });

  test('may have the line ends of any system', () => {
    assert.deepEqual(parse([...STREAM.replaceAll('\n', '\r\n')]), HEARD);
    assert.deepEqual(parse([STREAM.replaceAll('\n', '\r'), '\n']), HEARD);
  });

  test('has several lines of data as one text, and passes over what it does not know', () => {
    assert.deepEqual(parse(['data: a\ndata:b\ndata\nwhat: is this\nretry: soon\n\n']), [
      { id: null, retry: null, event: 'message', data: 'a\nb\n' },
    ]);
  });

  test('is no stream of ours when one message never ends', () => {
    assert.throws(() => parse(['data: x', 'x'.repeat(2_000_000)]), /too long/);
    assert.throws(() => parse(Array.from({ length: 30 }, () => `data: ${'x'.repeat(100_000)}\n`)), /too long/);
  });
});
