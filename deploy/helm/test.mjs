// `npm run test:helm`: the chart, checked and rendered by a real helm (built from its Go module into an ignored folder, some minutes at
// the first time), with the values of each way to run it; and deploy/kubernetes, which is what the chart renders, compared with that.
// With --write deploy/kubernetes is written anew.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/install.mjs';

const HELM = 'helm.sh/helm/v3/cmd/helm@v3.22.0';
const chart = join(root, 'deploy/helm/rest-sessions');
const tools = join(root, 'node_modules/.helm');
const helm = join(tools, 'helm');

/** File of deploy/kubernetes → the values that it is rendered with. */
const WAYS = {
  'embedded.yaml': ['keys.secret=rest-sessions-keys'],
  'redis.yaml': [
    'keys.secret=rest-sessions-keys',
    'store.kind=redis',
    'store.redis.secret=rest-sessions-redis',
    'replicas=2',
  ],
};
/** Values that must be refused, and what is said of them. */
const REFUSED = [
  [['replicas=2', 'keys.secret=k'], /replicas/],
  [['store.kind=redis', 'keys.secret=k'], /secret/],
  [[], /keys\.secret is not set/],
  [['keys.secret=k', 'env.PATH=x'], /PATH/],
];

if (!existsSync(helm)) {
  mkdirSync(tools, { recursive: true });
  const { status } = spawnSync('go', ['install', HELM], { env: { ...process.env, GOBIN: tools }, stdio: 'inherit' });
  if (status !== 0) throw new Error('helm cannot be built here: it needs Go, and its module');
}
let failed = 0;
const check = (name, isGood, words = '') => {
  if (!isGood) failed++;
  console.log(`${isGood ? '✔' : '✖'} ${name}${isGood ? '' : `\n${words}`}`);
};
for (const [file, values] of Object.entries(WAYS)) {
  const set = ['--set', values.join(',')];
  const lint = run('lint', '--strict', chart, ...set);
  check(`helm lint takes ${file}`, lint.status === 0, lint.stdout + lint.stderr);
  const { status, stdout, stderr } = run('template', 'rest-sessions', chart, ...set);
  check(`helm renders ${file}`, status === 0, stderr);
  const text = `# Rendered from deploy/helm: npm run test:helm -- --write. Needs the secrets that it names.\n${stdout}`;
  const path = join(root, 'deploy/kubernetes', file);
  if (process.argv.includes('--write')) writeFileSync(path, text);
  else
    check(
      `deploy/kubernetes/${file} is what the chart renders`,
      status === 0 && existsSync(path) && readFileSync(path, 'utf8') === text,
    );
}
for (const [values, words] of REFUSED) {
  const { status, stderr } = run(
    'template',
    'rest-sessions',
    chart,
    ...(values.length > 0 ? ['--set', values.join(',')] : []),
  );
  check(
    `${values.join(',') || 'no value at all'} is refused, with the rule`,
    status !== 0 && words.test(stderr),
    stderr,
  );
}
process.exitCode = failed === 0 ? 0 : 1;

function run(...args) {
  // A helm that was built from its module takes an old version of Kubernetes for the present one.
  if (args[0] === 'template') args.push('--kube-version', '1.30.0');
  return spawnSync(helm, args, { encoding: 'utf8' });
}
