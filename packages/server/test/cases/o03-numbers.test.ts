import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { freshApp, startService } from '../v1/harness.ts';
import { memory } from '../v1/stores.ts';

const service = await startService({ after }, memory);
const PLACES = { within: '/activity', activeWithin: '/sessions' };

for (const [name, path] of Object.entries(PLACES)) {
  test(`O3: ${name} takes every JSON number of the range in its schema, and no other (kind: the schema promises what is refused)`, async () => {
    const app = service.app(freshApp());
    await app.token({ subject: 'u' });
    const { json: document } = await service.clients[0]!.send('GET', '/openapi.json');
    const { schema } = document.paths[`/v1/apps/{app}${path}`].get.parameters.find(
      (parameter: { name: string }) => parameter.name === name,
    );
    assert.deepEqual([schema.type, schema.minimum, schema.maximum], ['number', 0, 9_007_199_254_740]);
    const ask = (text: string) => app.send('GET', `${path}?${name}=${encodeURIComponent(text)}`);
    const taken = ['0', '-0', '0.1', '1.1234', '1e3', '1E+3', '1e-7', '5e-324', '1234567890123', '60', '007'];
    for (const text of [...taken, String(0.1 + 0.2), String(1 / 3), String(schema.maximum)]) {
      assert.equal((await ask(text)).status, 200, text);
    }
    for (const text of [
      '1e400',
      '-1',
      '-1e-7',
      '9007199254741',
      '1e21',
      'Infinity',
      'NaN',
      '0x10',
      '',
      ' 1',
      '1 ',
      '1.',
      '.5',
      '+1',
      '1_0',
      '1e',
    ]) {
      const { status, json } = await ask(text);
      assert.deepEqual([status, json.errors[0].parameter], [400, name], text);
      assert.match(json.detail, /must be a number of seconds from 0 to 9007199254740$/);
    }
  });
}
