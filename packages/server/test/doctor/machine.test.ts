/** What doctor says of a machine. The files of /proc are given as texts, because no test may change those of its machine. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Machine, machineFindings, nodeNote } from '../../src/doctor/machine.ts';

const LIMITS =
  'Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 524288               files\n';
const GIB = 1024 ** 3;
const FEW = { maxConcurrent: 1000, maxStreams: 0 };

function codes(own: Partial<Machine> & { limits?: string; waiting?: string }): string[] {
  const { limits = LIMITS, waiting = '4096\n', ...machine } = own;
  const proc = (path: string) => (path.endsWith('somaxconn') ? waiting : limits);
  const disk = () => ({ size: 100 * GIB, free: 50 * GIB });
  return machineFindings({ ...FEW, dataFolder: '/data', proc, disk, ...machine }).map(({ code }) => code);
}

describe('doctor on the machine', () => {
  test('has nothing to say of a usual one, nor of a system that tells nothing', () => {
    assert.deepEqual(codes({}), []);
    assert.deepEqual(codes({ limits: '', waiting: '4096', dataFolder: null }), []);
    assert.deepEqual(machineFindings({ ...FEW, dataFolder: null, proc: () => null }), []);
  });

  test('counts the files that a process may open by the hard limit, which Node takes, by RS_MAX_CONCURRENT and RS_MAX_STREAMS', () => {
    assert.deepEqual(codes({ limits: LIMITS.replace('524288', '1024') }), ['open-files']);
    assert.deepEqual(codes({ limits: LIMITS.replace('524288', '1100') }), []);
    assert.deepEqual(codes({ maxConcurrent: 600_000 }), ['open-files']);
    assert.deepEqual(codes({ maxStreams: 600_000 }), ['open-files']);
    assert.deepEqual(codes({ limits: LIMITS.replace('524288', 'unlimited') }), []);
  });

  test('tells of a short queue for connections, and of a disk that is nearly full', () => {
    assert.deepEqual(codes({ waiting: '128\n' }), ['somaxconn']);
    assert.deepEqual(codes({ waiting: '511\n' }), []);
    assert.deepEqual(codes({ disk: () => ({ size: 100 * GIB, free: GIB }) }), ['disk-space']);
    assert.deepEqual(codes({ disk: () => ({ size: GIB, free: 0.05 * GIB }) }), ['disk-space']);
    assert.deepEqual(codes({ disk: () => ({ size: GIB, free: 0.5 * GIB }) }), []);
    assert.deepEqual(codes({ disk: () => ({ size: GIB, free: 0 }), dataFolder: null }), []);
  });

  test('notes a Node whose support has ended', () => {
    const at = Date.parse('2026-11-28');
    assert.match(nodeNote('v20.20.2', at)!, /since 2026-04-30/);
    assert.equal(nodeNote('v20.12.0', Date.parse('2026-04-29')), null);
    assert.equal(nodeNote('v24.1.0', at), null);
    assert.equal(nodeNote('v99.0.0', at), null);
  });
});
