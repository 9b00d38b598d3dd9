// A reporter of node:test for scripts/test-files.mjs: one JSON line for each test that ended, as
// {name, outcome: 'passed' | 'failed' | 'skipped', error?}. `name` has the names of its suites before its own.
// A suite is told only when it failed by itself, for example in a hook. When all tests that are known have ended, a line
// {ended: true} follows: the results are complete, unless more come behind it. The last line is {cpu}, where the system tells it.
import { cpuSoFar } from './cpu.mjs';
import { haveAllEnded } from './test-left.mjs';

export default async function* events(source) {
  const names = [];
  for await (const { type, data } of source) {
    if (type === 'test:start') names[data.nesting] = data.name;
    const isLast = haveAllEnded(type, data);
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const result = resultOf(type, data, names);
    if (result !== null) yield line(result);
    if (isLast) yield line({ ended: true });
  }
  const { own, ended } = cpuSoFar() ?? {};
  if (own !== undefined) yield line({ cpu: own + ended });
}

/** Absence: null for a suite about which its tests tell all. */
function resultOf(type, data, names) {
  const error = data.details?.error;
  const isSuite = data.details?.type === 'suite';
  if (isSuite && (type === 'test:pass' || error?.failureType === 'subtestsFailed')) return null;
  const isSkipped = data.skip !== undefined || data.todo !== undefined;
  return {
    name: [...names.slice(0, data.nesting), data.name].join(' > '),
    outcome: isSkipped ? 'skipped' : type === 'test:pass' ? 'passed' : 'failed',
    ...(type === 'test:fail' && { error: inOneLine(error?.cause?.message ?? error?.message ?? error) }),
  };
}

function line(event) {
  return `${JSON.stringify(event)}\n`;
}

function inOneLine(message) {
  return String(message).replaceAll(/\s+/g, ' ').slice(0, 300);
}
