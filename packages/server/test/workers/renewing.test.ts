/** A worker that dies while the one that is to follow it in a restart is still starting: the server has as many as before. */
import assert from 'node:assert/strict';
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import pino from 'pino';
import { Supervisor } from '../../src/workers/supervisor.ts';
import { MAIN, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

/** Runs a supervisor in this process, has it restart its two workers, and ends the first one while its successor stands still. */
async function dieDuringRestart(t: { after(fn: () => unknown): void }) {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) });
  Object.assign(process.env, { RS_STORE: `lmdb:${temporaryFolder(t)}`, RS_PORT: '0' });
  const supervisor = new Supervisor({ count: 2, program: { exec: MAIN, args: ['serve'] }, log });
  t.after(() => supervisor.stop());
  await supervisor.start();
  const forked: Worker[] = [];
  const note = (worker: Worker) => forked.push(worker);
  cluster.on('fork', note);
  t.after(() => cluster.off('fork', note));
  const said = (members: Record<string, unknown>) =>
    until(
      () => lines.some((line) => Object.entries(members).every(([name, value]) => line[name] === value)),
      () => `${JSON.stringify(members)} in ${JSON.stringify(lines)}`,
    );
  const [first, second] = supervisor.pids as [number, number];
  const forking = once(cluster, 'fork');
  supervisor.restart();
  const [successor] = (await forking) as [Worker];
  const { pid } = successor.process;
  process.kill(pid!, 'SIGSTOP');
  t.after(() => successor.process.kill('SIGKILL'));
  process.kill(first, 'SIGKILL');
  await said({ msg: 'a worker has ended by itself; another one takes its place', pid: first });
  return { supervisor, forked, said, successor: pid!, second };
}

const IS_REPLACED = 'a worker has taken the place of one that ended';

describe('a worker that dies while it is being renewed', () => {
  test('is followed by its successor alone', async (t) => {
    const { supervisor, forked, said, successor, second } = await dieDuringRestart(t);
    // Whoever dies later is replaced later: had the first one been replaced, too, that would have begun by then.
    process.kill(second, 'SIGKILL');
    await said({ msg: IS_REPLACED, worker: 2 });
    process.kill(successor, 'SIGCONT');
    await said({ msg: 'all workers are new' });
    assert.equal(forked.length, 2);
    assert.deepEqual(supervisor.pids, [successor, forked[1]!.process.pid]);
  });

  test('is replaced like any other when its successor does not come', async (t) => {
    const { supervisor, forked, said, successor, second } = await dieDuringRestart(t);
    process.kill(successor, 'SIGKILL');
    await said({ msg: IS_REPLACED, worker: 1 });
    assert.equal(forked.length, 2);
    assert.deepEqual(supervisor.pids, [forked[1]!.process.pid, second]);
  });
});
