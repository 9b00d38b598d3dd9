// In the process of a test file: what keeps it going after its last test. Told on standard error, and to scripts/test-files.mjs
// by the file that RS_TEST_LEFT names.
import { createHook, executionAsyncResource } from 'node:async_hooks';
import { renameSync, writeFileSync } from 'node:fs';

/** So long a file may take to end what its tests shared, also on a machine that is busy. Units: milliseconds. */
const LATE = Number(process.env.RS_TEST_LATE ?? 30_000);

/** So long it is watched then: the timers that run, and where new ones begin, tell more than their number. */
const WATCH = LATE / 3;

/** Tests of the file itself that are known and have not ended. */
let open = 0;
let timer;

/** To be called with each event of node:test. Tells whether all tests that are known have ended. */
export function haveAllEnded(type, { nesting }) {
  if (nesting !== 0) return open === 0;
  if (type === 'test:enqueue') open++;
  if (type === 'test:pass' || type === 'test:fail') open--;
  clearTimeout(timer);
  // The process does not wait for it: it comes only when something else keeps the process going.
  if (open === 0) timer = setTimeout(watch, LATE).unref();
  return open === 0;
}

function watch() {
  const ran = new Set();
  const hook = createHook({
    init: (_, type) => /^(Timeout|Immediate|\w+WRAP)$/.test(type) && ran.add(`${type} begun by ${caller()}`),
    before: () => {
      const resource = executionAsyncResource();
      const { _onTimeout: run } = resource;
      if (run && resource !== timer) ran.add(`timer: ${run.name} ${String(run).replaceAll(/\s+/g, ' ').slice(0, 120)}`);
    },
  });
  timer = setTimeout(() => {
    hook.disable();
    tell([...ran]);
  }, WATCH).unref();
  hook.enable();
}

function tell(ran) {
  const left = [...counts(), ...process._getActiveHandles().filter(isOwn).map(inWords)];
  const lines = [...left, ...ran.map((one) => `ran: ${one}`)];
  process.stderr.write(`Still open after the last test:\n${lines.map((line) => `  ${line}\n`).join('')}`);
  const { RS_TEST_LEFT: path } = process.env;
  if (path === undefined) return;
  // At once or not at all: it is looked for all the time.
  writeFileSync(`${path}.new`, JSON.stringify(left));
  renameSync(`${path}.new`, path);
}

/** Gives each kind of what keeps the process going, and how many there are. Standard output and error are among the pipes. */
function counts() {
  const counts = new Map();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${count} ${kind}`);
}

function isOwn(handle) {
  return handle !== process.stdout && handle !== process.stderr;
}

function inWords(handle) {
  const { pid, spawnargs, remoteAddress, remotePort, localPort } = handle;
  if (spawnargs) return `process ${pid}: ${spawnargs.join(' ').slice(0, 120)}`;
  const kind = handle.constructor.name;
  if (remoteAddress) return `${kind} from port ${localPort} to ${remoteAddress}:${remotePort}`;
  const at = handle.address?.();
  return at?.port ? `${kind} at ${at.address}:${at.port}` : kind;
}

/** Gives the place in the tests or in a package that began something. */
function caller() {
  const frames = new Error().stack.split('\n').slice(1);
  return frames.find((frame) => !/node:|test-left/.test(frame))?.trim() ?? 'Node itself';
}
