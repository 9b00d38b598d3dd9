/** axe-core in a page of the test browser: what it finds of WCAG 2.2 AA and of its own best practices. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What must be right at each of these. Units of width: CSS pixels. */
export const SIGHTS = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [320, 1440].map((width) => ({ colorScheme, width })),
);

/**
 * Runs axe-core on a page as it stands, and asks that it finds nothing and that nothing sticks out at the right.
 * The page's own policy may forbid all scripts but its own: the browser's protocol lets axe-core in, and the policy stays.
 * Errors: an assertion that names the place (`where`), the rule and the elements. Gives how many rules passed.
 */
export async function assertNoFindings(page: Page, where: string): Promise<number> {
  const session = await page.context().newCDPSession(page);
  const evaluate = async (expression: string) => {
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined)
      throw new Error(`${where}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    return result.value;
  };
  // Colours on their way from one scheme to the other are neither.
  await evaluate(
    `Promise.all(document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime !== Infinity).map((one) => one.finished.catch(() => {}))).then(() => 0)`,
  );
  await evaluate(`${source};0`);
  const options = JSON.stringify({ runOnly: RULES, resultTypes: ['violations'] });
  const found: Pick<AxeResults, 'violations' | 'passes'> = await evaluate(
    `axe.run(document, ${options}).then(({ violations, passes }) => ({ violations, passes }))`,
  );
  const width = await evaluate('[document.documentElement.scrollWidth, innerWidth]');
  await session.detach();
  assert.deepEqual(
    found.violations.map(({ id, nodes }) => [id, nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)]),
    [],
    where,
  );
  assert.ok(found.passes.length > 15, `${where}: the rules were run`);
  assert.ok(width[0] <= width[1], `${where}: ${width[0]} px wide where ${width[1]} px are shown`);
  return found.passes.length;
}
