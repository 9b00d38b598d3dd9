/** What a console asks for again and again must cost the store nothing: policy, keys, series and audit log come from elsewhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditReader } from '../../src/audit/audit-reader.ts';
import { DEFAULT_POLICY } from '../../src/core/policy.ts';
import { Sessions } from '../../src/core/sessions.ts';
import type { SessionStore } from '../../src/core/store.ts';
import { createApp } from '../../src/http/app.ts';
import { AppCounts, seriesOf } from '../../src/metrics/app-series.ts';
import { reportWithoutFile } from '../../src/policy/file.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';

test('looking at policy, keys, series and audit log asks the store for nothing', async () => {
  const asked: string[] = [];
  const store = new Proxy<SessionStore>(new MemoryStore(), {
    get: (target, name, receiver) => {
      const member = Reflect.get(target, name, receiver);
      if (typeof member === 'function') asked.push(String(name));
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  const counts = new AppCounts(0, () => false);
  const app = createApp({
    sessions: new Sessions(store, () => DEFAULT_POLICY),
    clock: () => 0,
    isStopping: () => false,
    onFault: (error) => assert.fail(`${error}`),
    policyReport: reportWithoutFile,
    keys: async () => [],
    series: async (...asked) => seriesOf(counts.counted, ...asked),
    readAudit: auditReader(null),
  });
  asked.length = 0;
  for (const path of ['/v1/apps/shop/policy', '/v1/keys', '/v1/apps/shop/series?period=day', '/v1/audit']) {
    assert.equal((await app.request(path, {}, {})).status, 200, path);
    assert.deepEqual(asked, [], path);
  }
  // The guard would see it.
  await app.request('/v1/apps/shop/activity', {}, {});
  assert.deepEqual(asked, ['count']);
});
