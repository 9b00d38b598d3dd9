/**
 * The conformance suite: what every store must do, called once per store. A store is right when it passes; how it keeps
 * a promise is its own business.
 */
import { describe } from 'node:test';
import { concurrencySection } from './concurrency.ts';
import { encodingsSection } from './encodings.ts';
import { eventsSection } from './events.ts';
import { expirySection } from './expiry.ts';
import type { OpenStore } from './harness.ts';
import { installsSection } from './installs.ts';
import { lifecycleSection } from './lifecycle.ts';
import { listsSection } from './lists.ts';
import { locksSection } from './locks.ts';
import { memosSection } from './memos.ts';
import { modelSection } from './model.ts';
import { movesSection } from './moves.ts';
import { quotaSection } from './quota.ts';
import { revocationSection } from './revocation.ts';
import { rotationSection } from './rotation.ts';
import { successorsSection } from './successors.ts';

/** `journal`: whether the store keeps one. `modelRuns`: random sequences to play; fewer where only the way to the store is another. */
export function conformance(name: string, open: OpenStore, { modelRuns = 60, journal = true } = {}): void {
  describe(`conformance of ${name}`, () => {
    lifecycleSection(open);
    expirySection(open);
    rotationSection(open);
    successorsSection(open);
    movesSection(open);
    revocationSection(open);
    listsSection(open);
    memosSection(open);
    locksSection(open);
    quotaSection(open);
    installsSection(open);
    if (journal) eventsSection(open);
    encodingsSection(open);
    concurrencySection(open);
    modelSection(open, modelRuns);
  });
}
