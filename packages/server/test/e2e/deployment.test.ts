/**
 * What compose.yaml and Dockerfile say, held against the server. There is no container engine here: what is tried is the
 * configuration they give, on a real server, not the images.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readConfig, VARIABLES } from '../../src/config.ts';
import { judge } from '../../src/stores/redis/health.ts';
import { startRedis } from '../support/redis.ts';

const read = (name: string) => readFileSync(new URL(`../../../../${name}`, import.meta.url), 'utf8');
const names = Object.values(VARIABLES).map(({ name }) => name as string);

test('the Valkey of compose.yaml keeps what it is given', async (t) => {
  const [, list] = /^ {4}command:\n((?: {6}- .+\n)+)/m.exec(read('compose.yaml'))!;
  const [program, ...settings] = [...list!.matchAll(/- "?([^"\n]+)"?\n/g)].map((match) => match[1]!);
  assert.equal(program, 'valkey-server');
  const { admin } = await startRedis(t, settings);
  const info = await admin.info();
  assert.deepEqual(judge(info, 'valkey', 0), []);
  assert.match(info, /^maxmemory:[1-9]/m);
});

test('the variables of compose.yaml and Dockerfile are ones the server knows, with values it takes', () => {
  const image = Object.fromEntries(
    [...read('Dockerfile').matchAll(/\b(RS_[A-Z_]+)=(\S+)/g)].map((m) => [m[1]!, m[2]!]),
  );
  const service = Object.fromEntries(
    [...read('compose.yaml').matchAll(/^ {6}(RS_[A-Z_]+): (.+)$/gm)].map((m) => [m[1]!, m[2]!]),
  );
  for (const name of Object.keys({ ...image, ...service })) assert.ok(names.includes(name), name);
  assert.throws(() => readConfig(image), /RS_AUTH/, 'the image alone does not serve strangers');
  assert.equal(readConfig({ ...image, ...service }).store, 'redis://valkey:6379');
});

test('the image has everything that the package has', () => {
  const { files } = JSON.parse(read('packages/server/package.json')) as { files: string[] };
  assert.ok(files.length >= 3);
  for (const file of ['package.json', ...files]) {
    assert.ok(
      read('Dockerfile').includes(`COPY --from=build /build/packages/server/${file} ./packages/server/${file}\n`),
      file,
    );
  }
});

test('each file that compose.yaml mounts is here, and Prometheus asks the server there', () => {
  const mounted = [...read('compose.yaml').matchAll(/^ {6}- \.\/(\S+?):\//gm)].map((match) => match[1]!);
  assert.equal(mounted.length, 5);
  for (const file of mounted) assert.ok(read(file).length > 0, file);
  assert.match(read('deploy/compose/prometheus.yml'), /targets: \['server:3000'\]/);
});
