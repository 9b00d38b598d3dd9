/** The suite of the v1 API: what it must do on every store, called once per store. Races of processes are in races.ts. */
import { describe } from 'node:test';
import { forAllTests } from '../support/redis.ts';
import { classicSection } from './classic.ts';

import { conditionsSection } from './conditions.ts';
import { cookiesSection } from './cookies.ts';
import { createSection } from './create.ts';
import { exactnessSection } from './exactness.ts';
import { gatewaySection } from './gateway.ts';
import { type OpenStoreOfSuite, startService } from './harness.ts';
import { idempotencySection } from './idempotency.ts';
import { listsSection } from './lists.ts';
import { locksSection } from './locks.ts';
import { problemsSection } from './problems.ts';
import { putSection } from './put.ts';
import { rotationSection } from './rotation.ts';
import { seriesSection } from './series.ts';
import { sessionSection } from './session.ts';
import { timeoutsSection } from './timeouts.ts';
import { verifySection } from './verify.ts';

export function v1Suite(name: string, open: OpenStoreOfSuite): void {
  describe(`v1 on ${name}`, () => {
    const service = forAllTests((cleanup) => startService(cleanup, open));
    createSection(service);
    sessionSection(service);
    putSection(service);
    cookiesSection(service);
    rotationSection(service);
    listsSection(service);
    seriesSection(service);
    verifySection(service);
    gatewaySection(service);
    conditionsSection(service);
    timeoutsSection(service);
    locksSection(service);
    idempotencySection(service);
    exactnessSection(service);
    classicSection(service);
    problemsSection(service);
  });
}
