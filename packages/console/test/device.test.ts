/** User agents in words: the browsers that people have, and what is none. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deviceOf } from '../src/views/sessions/device.ts';

const KNOWN: readonly (readonly [string, string, string])[] = [
  ['Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', 'Firefox 145 · Linux', 'desktop'],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
    'Chrome 142 · Windows',
    'desktop',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
    'Edge 142 · Windows',
    'desktop',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
    'Safari 18 · iOS 18',
    'mobile',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15',
    'Safari 18 · macOS',
    'desktop',
  ],
  [
    'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
    'Chrome 142 · Android 15',
    'mobile',
  ],
];

describe('device', () => {
  test('browsers are told by name, number and system', () => {
    for (const [userAgent, name, kind] of KNOWN) assert.deepEqual(deviceOf(userAgent), { name, kind });
  });

  test('one that is cut, as a history has it, is not taken for a browser that it is not', () => {
    const cut = 'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Ge';
    assert.equal(deviceOf(cut).name, 'Android 15');
  });

  test('what is no browser is shown as it came', () => {
    for (const text of [
      'curl/8.5.0',
      'ShopApp/4.2 (com.example.shop; build 881)',
      '<script>alert(1)</script>',
      'ünïcödé',
    ]) {
      assert.deepEqual(deviceOf(text), { name: text, kind: 'program' });
    }
  });

  test('none has no name', () => {
    for (const text of [null, '', '  ']) assert.deepEqual(deviceOf(text), { name: null, kind: 'unknown' });
  });
});
