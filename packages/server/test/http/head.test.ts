/** The reader of plain heads keeps what a connection said before: it must understand each head as a new reader does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeadReader } from '../../src/http/hot/head.ts';

const LINE = 'GET /a HTTP/1.1\r\n';
const HEADS = {
  plain: `${LINE}Host: a\r\nSession-Token: x\r\n\r\n`,
  'another value': `${LINE}Host: a\r\nSession-Token: yyyy\r\n\r\n`,
  'another target': 'GET /longer HTTP/1.1\r\nHost: a\r\nSession-Token: x\r\n\r\n',
  'no space after the colon': `${LINE}Host:a\r\nSession-Token: x\r\n\r\n`,
  'another case': `${LINE}host: a\r\nSession-Token: x\r\n\r\n`,
  'another order': `${LINE}Session-Token: x\r\nHost: a\r\n\r\n`,
  'one field less': `${LINE}Host: a\r\n\r\n`,
  'one field more': `${LINE}Host: a\r\nSession-Token: x\r\nAccept: */*\r\n\r\n`,
  'no fields': `${LINE}\r\n`,
  'two that are one': `${LINE}Host: a\r\nhost: a\r\n\r\n`,
  'a connection that stays': `${LINE}Host: a\r\nConnection: keep-alive\r\n\r\n`,
  'a connection that ends': `${LINE}Host: a\r\nConnection: close\r\n\r\n`,
  'a body': `${LINE}Host: a\r\nContent-Length: 1\r\n\r\n`,
  'a byte beyond ASCII': `${LINE}Host: a\r\nSession-Token: é\r\n\r\n`,
  'a bare line feed': `${LINE}Host: a\r\nSession-Token: x\nA: b\r\n\r\n`,
  'a space at the end': `${LINE}Host: a\r\nSession-Token: x \r\n\r\n`,
  'a folded line': `${LINE}Host: a\r\n b\r\n\r\n`,
  'two requests': `${LINE}\r\n${LINE}\r\n`,
  'two spaces': 'GET  /a HTTP/1.1\r\nHost: a\r\n\r\n',
  'an older version': 'GET /a HTTP/1.0\r\nHost: a\r\n\r\n',
  'no end': `${LINE}Host: a\r\n`,
  'another method': 'GETS /a HTTP/1.1\r\nHost: a\r\n\r\n',
};

const socket = {};
const read = (reader: HeadReader, text: string) => structuredClone(reader.read(Buffer.from(text, 'latin1')));

test('each head is understood as if it were the first of its connection, whatever came before it', () => {
  for (const [before, first] of Object.entries(HEADS)) {
    for (const [name, second] of Object.entries(HEADS)) {
      const reader = new HeadReader(socket);
      for (const text of [first, second]) {
        assert.deepEqual(read(reader, text), read(new HeadReader(socket), text), `${name} after ${before}`);
      }
    }
  }
});

test('a plain head is read, and no other', () => {
  const heard = (name: keyof typeof HEADS) => read(new HeadReader(socket), HEADS[name]);
  assert.deepEqual(heard('plain'), {
    ...{ method: 'GET', url: '/a', socket },
    headers: { host: 'a', 'session-token': 'x' },
    rawHeaders: ['Host', 'a', 'Session-Token', 'x'],
  });
  const plain = Object.keys(HEADS).filter((name) => heard(name as keyof typeof HEADS) !== null);
  assert.deepEqual(plain, [
    ...['plain', 'another value', 'another target', 'no space after the colon', 'another case', 'another order'],
    ...['one field less', 'one field more', 'no fields', 'a connection that stays'],
  ]);
});
