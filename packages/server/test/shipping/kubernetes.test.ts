/** What the chart of Helm may be given, and that its defaults and examples are among it. `npm run test:helm` renders it for real. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { readConfig, VARIABLES } from '../../src/config.ts';

const CHART = new URL('../../../../deploy/helm/rest-sessions/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, CHART), 'utf8');

test('values of the chart that could not work are refused, and name the rule', () => {
  const check = new Ajv({ strict: false, allErrors: true }).compile(JSON.parse(read('values.schema.json')));
  const base = { image: { repository: 'rest-sessions' }, replicas: 1, store: { kind: 'embedded' } };
  const redis = { kind: 'redis', redis: { secret: 'redis', key: 'url' } };
  for (const fine of [base, { ...base, store: redis, replicas: 3 }, { ...base, env: { RS_LOGLEVEL: 'warn' } }]) {
    assert.ok(check(fine), JSON.stringify(check.errors));
  }
  for (const wrong of [
    { ...base, replicas: 2 },
    { ...base, replicas: 0 },
    { ...base, replica: 1 },
    { ...base, store: { kind: 'redis' } },
    { ...base, store: { kind: 'redis', redis: { secret: '', key: 'url' } } },
    { ...base, store: { kind: 'lmdb' } },
    { ...base, store: { kind: 'embedded', embedded: { size: '10' } } },
    { ...base, env: { LD_PRELOAD: 'x' } },
    { ...base, service: { port: 0 } },
  ]) {
    assert.ok(!check(wrong), JSON.stringify(wrong));
  }
});

test('each variable that the chart and the unit set is one that the server knows', () => {
  const names = Object.values(VARIABLES).map(({ name }) => name as string);
  const unit = readFileSync(new URL('../../systemd/rest-sessions.service', CHART), 'utf8');
  const environment = readFileSync(new URL('../../debian/environment', CHART), 'utf8');
  const set = [...`${read('templates/server.yaml')}${unit}${environment}`.matchAll(/\bRS_[A-Z_]+\b/g)].map(
    ([name]) => name,
  );
  assert.ok(set.length > 5);
  for (const name of set) if (name !== 'RS_') assert.ok(names.includes(name), name);
  assert.equal(readConfig({ RS_HOST: '0.0.0.0', RS_STORE: 'lmdb:/var/lib/rest-sessions', RS_AUTH: 'none' }).port, 3000);
});
