// A reporter of node:test for scripts/test-files.mjs: one JSON line for each test that ended, as
// {name, outcome: 'passed' | 'failed' | 'skipped', error?}. `name` has the names of its suites before its own.
// A suite is told only when it failed by itself, for example in a hook. The last line is {cpu}, where the system tells it.
import { cpuSoFar } from './cpu.mjs';

export default async function* events(source) {
  const names = [];
  for await (const { type, data } of source) {
    if (type === 'test:start') names[data.nesting] = data.name;
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const error = data.details?.error;
    const isSuite = data.details?.type === 'suite';
    if (isSuite && (type === 'test:pass' || error?.failureType === 'subtestsFailed')) continue;
    const isSkipped = data.skip !== undefined || data.todo !== undefined;
    yield `${JSON.stringify({
      name: [...names.slice(0, data.nesting), data.name].join(' > '),
      outcome: isSkipped ? 'skipped' : type === 'test:pass' ? 'passed' : 'failed',
      ...(type === 'test:fail' && { error: inOneLine(error?.cause?.message ?? error?.message ?? error) }),
    })}\n`;
  }
  const { own, ended } = cpuSoFar() ?? {};
  if (own !== undefined) yield `${JSON.stringify({ cpu: own + ended })}\n`;
}

function inOneLine(message) {
  return String(message).replaceAll(/\s+/g, ' ').slice(0, 300);
}
