/** What Java serialized: read as it is, and whatever else stands there refused. What Java itself makes of it is asked in adapters/java/moving. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formOf } from '../../../src/moving/sources/java/form-of-object.ts';
import { JavaObject, NotJava, readJava } from '../../../src/moving/sources/java/object-stream.ts';

/** A LinkedHashMap, as Java 17 wrote it: a list, dates, a constant, a large number, bytes, a set, a text beyond the basic plane. */
const MAP = Buffer.from(
  [
    'rO0ABXNyABdqYXZhLnV0aWwuTGlua2VkSGFzaE1hcDTATlwQbMD7AgABWgALYWNjZXNzT3JkZXJ4cgARamF2YS51dGlsLkhhc2hNYXAFB9rBwx',
    'Zg0QMAAkYACmxvYWRGYWN0b3JJAAl0aHJlc2hvbGR4cD9AAAAAAAAMdwgAAAAQAAAACHQABGxpc3RzcgATamF2YS51dGlsLkFycmF5TGlzdHiB',
    '0h2Zx2GdAwABSQAEc2l6ZXhwAAAAA3cEAAAAA3QAAWFzcgAOamF2YS5sYW5nLkxvbmc7i+SQzI8j3wIAAUoABXZhbHVleHIAEGphdmEubGFuZy',
    '5OdW1iZXKGrJUdC5TgiwIAAHhwAAAAAAAAAAFzcgARamF2YS5sYW5nLkludGVnZXIS4qCk94GHOAIAAUkABXZhbHVleHEAfgAIAAAAAnh0AANk',
    'YXlzcgANamF2YS50aW1lLlNlcpVdhLobIkiyDAAAeHB3CQUAAAfqAgME+nh0AAFkc3IADmphdmEudXRpbC5EYXRlaGqBAUtZdBkDAAB4cHcIAA',
    'AAAAAAAAV4dAABZX5yABZqYXZhLmxhbmcuVGhyZWFkJFN0YXRlAAAAAAAAAAASAAB4cgAOamF2YS5sYW5nLkVudW0AAAAAAAAAABIAAHhwdAAD',
    'TkVXdAABbnNyABRqYXZhLm1hdGguQmlnSW50ZWdlcoz8nx+pO/sdAwAGSQAIYml0Q291bnRJAAliaXRMZW5ndGhJABNmaXJzdE5vbnplcm9CeX',
    'RlTnVtSQAMbG93ZXN0U2V0Qml0SQAGc2lnbnVtWwAJbWFnbml0dWRldAACW0J4cQB+AAj///////////////7////+/////3VyAAJbQqzzF/gG',
    'CFTgAgAAeHAAAAAJBWvHXi1jD///eHQAAWJ1cQB+ABsAAAACAQJ0AANzZXRzcgARamF2YS51dGlsLkNvbGxTZXJXjqu2OhuoEQMAAUkAA3RhZ3',
    'hwAAAAAncEAAAAAXNxAH4ACgAAAAF4dAABenQADlpvw6sg7aC97biAIMCAeAA=',
  ].join(''),
  'base64',
);
/** A list in a list, forty deep, each of them ten times in the one around it. */
const MANY = Buffer.from(
  [
    'rO0ABXNyABNqYXZhLnV0aWwuQXJyYXlMaXN0eIHSHZnHYZ0DAAFJAARzaXpleHAAAAAKdwQAAAAKc3EAfgAAAAAACncEAAAACnNxAH4AAAAAAA',
    'p3BAAAAApzcQB+AAAAAAAKdwQAAAAKc3EAfgAAAAAACncEAAAACnNxAH4AAAAAAAp3BAAAAApzcQB+AAAAAAAKdwQAAAAKc3EAfgAAAAAACncE',
    'AAAACnNxAH4AAAAAAAp3BAAAAApzcQB+AAAAAAAKdwQAAAAKc3EAfgAAAAAACncEAAAACnNxAH4AAAAAAAp3BAAAAApzcQB+AAAAAAAKdwQAAA',
    'AKc3EAfgAAAAAACncEAAAACnNxAH4AAAAAAAp3BAAAAApzcQB+AAAAAAAKdwQAAAAKc3EAfgAAAAAACncEAAAACnNxAH4AAAAAAAp3BAAAAApz',
    'cQB+AAAAAAAKdwQAAAAKc3EAfgAAAAAACncEAAAACnNxAH4AAAAAAAp3BAAAAApzcQB+AAAAAAAKdwQAAAAKc3EAfgAAAAAACncEAAAACnNxAH',
    '4AAAAAAAp3BAAAAApzcQB+AAAAAAAKdwQAAAAKc3EAfgAAAAAACncEAAAACnNxAH4AAAAAAAp3BAAAAApzcQB+AAAAAAAKdwQAAAAKc3EAfgAA',
    'AAAACncEAAAACnNxAH4AAAAAAAp3BAAAAApzcQB+AAAAAAAKdwQAAAAKc3EAfgAAAAAACncEAAAACnNxAH4AAAAAAAp3BAAAAApzcQB+AAAAAA',
    'AKdwQAAAAKc3EAfgAAAAAACncEAAAACnNxAH4AAAAAAAp3BAAAAApzcQB+AAAAAAAKdwQAAAAKc3EAfgAAAAAACncEAAAACnNxAH4AAAAAAAp3',
    'BAAAAApzcQB+AAAAAAAKdwQAAAAKc3EAfgAAAAAAAHcEAAAAAHhxAH4AKXEAfgApcQB+AClxAH4AKXEAfgApcQB+AClxAH4AKXEAfgApcQB+AC',
    'l4cQB+AChxAH4AKHEAfgAocQB+AChxAH4AKHEAfgAocQB+AChxAH4AKHEAfgAoeHEAfgAncQB+ACdxAH4AJ3EAfgAncQB+ACdxAH4AJ3EAfgAn',
    'cQB+ACdxAH4AJ3hxAH4AJnEAfgAmcQB+ACZxAH4AJnEAfgAmcQB+ACZxAH4AJnEAfgAmcQB+ACZ4cQB+ACVxAH4AJXEAfgAlcQB+ACVxAH4AJX',
    'EAfgAlcQB+ACVxAH4AJXEAfgAleHEAfgAkcQB+ACRxAH4AJHEAfgAkcQB+ACRxAH4AJHEAfgAkcQB+ACRxAH4AJHhxAH4AI3EAfgAjcQB+ACNx',
    'AH4AI3EAfgAjcQB+ACNxAH4AI3EAfgAjcQB+ACN4cQB+ACJxAH4AInEAfgAicQB+ACJxAH4AInEAfgAicQB+ACJxAH4AInEAfgAieHEAfgAhcQ',
    'B+ACFxAH4AIXEAfgAhcQB+ACFxAH4AIXEAfgAhcQB+ACFxAH4AIXhxAH4AIHEAfgAgcQB+ACBxAH4AIHEAfgAgcQB+ACBxAH4AIHEAfgAgcQB+',
    'ACB4cQB+AB9xAH4AH3EAfgAfcQB+AB9xAH4AH3EAfgAfcQB+AB9xAH4AH3EAfgAfeHEAfgAecQB+AB5xAH4AHnEAfgAecQB+AB5xAH4AHnEAfg',
    'AecQB+AB5xAH4AHnhxAH4AHXEAfgAdcQB+AB1xAH4AHXEAfgAdcQB+AB1xAH4AHXEAfgAdcQB+AB14cQB+ABxxAH4AHHEAfgAccQB+ABxxAH4A',
    'HHEAfgAccQB+ABxxAH4AHHEAfgAceHEAfgAbcQB+ABtxAH4AG3EAfgAbcQB+ABtxAH4AG3EAfgAbcQB+ABtxAH4AG3hxAH4AGnEAfgAacQB+AB',
    'pxAH4AGnEAfgAacQB+ABpxAH4AGnEAfgAacQB+ABp4cQB+ABlxAH4AGXEAfgAZcQB+ABlxAH4AGXEAfgAZcQB+ABlxAH4AGXEAfgAZeHEAfgAY',
    'cQB+ABhxAH4AGHEAfgAYcQB+ABhxAH4AGHEAfgAYcQB+ABhxAH4AGHhxAH4AF3EAfgAXcQB+ABdxAH4AF3EAfgAXcQB+ABdxAH4AF3EAfgAXcQ',
    'B+ABd4cQB+ABZxAH4AFnEAfgAWcQB+ABZxAH4AFnEAfgAWcQB+ABZxAH4AFnEAfgAWeHEAfgAVcQB+ABVxAH4AFXEAfgAVcQB+ABVxAH4AFXEA',
    'fgAVcQB+ABVxAH4AFXhxAH4AFHEAfgAUcQB+ABRxAH4AFHEAfgAUcQB+ABRxAH4AFHEAfgAUcQB+ABR4cQB+ABNxAH4AE3EAfgATcQB+ABNxAH',
    '4AE3EAfgATcQB+ABNxAH4AE3EAfgATeHEAfgAScQB+ABJxAH4AEnEAfgAScQB+ABJxAH4AEnEAfgAScQB+ABJxAH4AEnhxAH4AEXEAfgARcQB+',
    'ABFxAH4AEXEAfgARcQB+ABFxAH4AEXEAfgARcQB+ABF4cQB+ABBxAH4AEHEAfgAQcQB+ABBxAH4AEHEAfgAQcQB+ABBxAH4AEHEAfgAQeHEAfg',
    'APcQB+AA9xAH4AD3EAfgAPcQB+AA9xAH4AD3EAfgAPcQB+AA9xAH4AD3hxAH4ADnEAfgAOcQB+AA5xAH4ADnEAfgAOcQB+AA5xAH4ADnEAfgAO',
    'cQB+AA54cQB+AA1xAH4ADXEAfgANcQB+AA1xAH4ADXEAfgANcQB+AA1xAH4ADXEAfgANeHEAfgAMcQB+AAxxAH4ADHEAfgAMcQB+AAxxAH4ADH',
    'EAfgAMcQB+AAxxAH4ADHhxAH4AC3EAfgALcQB+AAtxAH4AC3EAfgALcQB+AAtxAH4AC3EAfgALcQB+AAt4cQB+AApxAH4ACnEAfgAKcQB+AApx',
    'AH4ACnEAfgAKcQB+AApxAH4ACnEAfgAKeHEAfgAJcQB+AAlxAH4ACXEAfgAJcQB+AAlxAH4ACXEAfgAJcQB+AAlxAH4ACXhxAH4ACHEAfgAIcQ',
    'B+AAhxAH4ACHEAfgAIcQB+AAhxAH4ACHEAfgAIcQB+AAh4cQB+AAdxAH4AB3EAfgAHcQB+AAdxAH4AB3EAfgAHcQB+AAdxAH4AB3EAfgAHeHEA',
    'fgAGcQB+AAZxAH4ABnEAfgAGcQB+AAZxAH4ABnEAfgAGcQB+AAZxAH4ABnhxAH4ABXEAfgAFcQB+AAVxAH4ABXEAfgAFcQB+AAVxAH4ABXEAfg',
    'AFcQB+AAV4cQB+AARxAH4ABHEAfgAEcQB+AARxAH4ABHEAfgAEcQB+AARxAH4ABHEAfgAEeHEAfgADcQB+AANxAH4AA3EAfgADcQB+AANxAH4A',
    'A3EAfgADcQB+AANxAH4AA3hxAH4AAnEAfgACcQB+AAJxAH4AAnEAfgACcQB+AAJxAH4AAnEAfgACcQB+AAJ4',
  ].join(''),
  'base64',
);

test('values of the JDK are JSON, with notes of what JSON does not tell; a constant has no form', () => {
  const map = readJava(MAP);
  assert.ok(map instanceof JavaObject && map.type.name === 'java.util.LinkedHashMap');
  // Its size stands before its keys and values.
  const [, ...items] = map.written;
  const forms = items.flatMap((item, i) => (i % 2 === 0 ? [[item, formOf(items[i + 1]!)]] : []));
  assert.deepEqual(Object.fromEntries(forms), {
    list: { json: '["a",1,2]', note: { at: { 1: 'long' } } },
    day: { json: '"2026-02-03T04:05"', note: 'LocalDateTime' },
    d: { json: '"1970-01-01T00:00:00.005Z"', note: 'Date' },
    e: null,
    n: { json: '-99999999999999999999', note: '' },
    b: { json: '"AQI="', note: 'bytes' },
    set: { json: '[1]', note: { set: '' } },
    z: { json: '"Zoë 😀 \\u0000"', note: '' },
  });
  assert.equal(formOf(map), null);
});

test('what is cut off anywhere, or has any other byte, is a value or a sentence', () => {
  for (let length = 0; length < MAP.length; length++) {
    assert.throws(() => readJava(MAP.subarray(0, length)), NotJava);
    for (const byte of [0, 0x70, 0x71, 0x73, 0x78, 0xff]) {
      const changed = Buffer.from(MAP);
      changed[length] = byte;
      try {
        formOf(readJava(changed));
      } catch (error) {
        assert.ok(error instanceof NotJava, `${(error as Error).stack}`);
      }
    }
  }
});

test('what is there once, and named again and again, is refused', () => {
  assert.throws(() => readJava(MANY), /too many values/);
});
