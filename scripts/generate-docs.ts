// Writes the documents that come from tables in the code, and from the results of the bench. With --check: fails when one is out of step.
import { readFileSync, writeFileSync } from 'node:fs';
import { reportFiles } from '../bench/report.ts';
import { configurationTable } from '../packages/server/src/config.ts';
import { metricsTable } from '../packages/server/src/metrics/table.ts';
import { exportJsonSchema } from '../packages/server/src/moving/ndjson.ts';
import {
  cookieTable,
  policyFileTable,
  policyJsonSchema,
  policyTable,
  webhookTable,
} from '../packages/server/src/policy/publish.ts';
import { errorsPage } from './errors-page.ts';
import { manualPage } from './manual.ts';

const generated: Record<string, string> = {
  'docs/configuration.md': `# Configuration

The server is configured by environment variables. An empty value counts as not set. Values that are not allowed stop
the start with exit code 2 and a line for each, which names the variable, the value and what is allowed.

A name that is nearly one of these (\`RS_PROT\`) stops the start, too, and is told which one was meant; any other that begins with
\`RS_\` is a warning in the log. Kubernetes makes such variables for a service called \`rs\` or \`rs-…\` beside the pod
(\`RS_SERVICE_HOST\`, \`RS_PORT=tcp://…\`): \`enableServiceLinks: false\` in the pod's spec keeps them away.

${configurationTable()}

## The policy file

\`RS_CONFIG\` names a JSON file with the rules that the sessions of each app live under; [examples/policy.json](../examples/policy.json)
is one. Its JSON Schema is \`schema/config.json\` in the package, and every server has it at \`/schema/config.json\`: an editor
that is shown it (\`$schema\`) completes and explains each member.

${policyFileTable()}

The members of \`defaults\` and of each app:

${policyTable()}

The members of \`cookie\`, all of them optional; what a browser would drop in silence (RFC 6265bis) is a fault of the file:

${cookieTable()}

The members of each of \`webhooks\` ([webhooks](webhooks.md)):

${webhookTable()}

- A file with a fault is refused as a whole. Each fault is one line with the file, the place (a JSON pointer, or line and
  column where the text is not JSON) and the rule. At the start that ends the server with exit code 2.
- All faults of a file are told at once; only where the text is not JSON, reading ends there.
- The server reads the file again within seconds of a change, and at once on SIGHUP. The log says what changed, as \`/apps/shop/idleTimeout: 7200 → 3600\`. A
  file with a fault is logged as errors and changes nothing.
- A session keeps the timeouts it was given; new rules act on what comes after them.
- \`minIdleTimeout\` ≤ \`idleTimeout\` ≤ \`maxIdleTimeout\` and \`absoluteTimeout\` ≤ \`maxAbsoluteTimeout\` must hold for every app,
  whichever layer each comes from. A member that
  is unknown or there twice is a fault, so that no setting is silently without effect.
`,
  'packages/server/schema/config.json': policyJsonSchema(),
  'packages/server/schema/export.json': exportJsonSchema(),
  'docs/metrics.md': `# Metrics

\`GET /metrics\` has these, as text for Prometheus (0.0.4), or as OpenMetrics for who prefers it (\`Accept\`). How to scrape them, the
alerts and the dashboard: [operations](operations/monitoring.md#metrics).

${metricsTable()}

- \`route\` is the template of a route, as \`/:app/get/:token\`, \`status\` a class, as \`2xx\`, \`operation\` a verb of the store, \`code\` that of a
  [warning](operations/monitoring.md#warnings). \`app\` is one of the first 64 apps that the policy file names; all others together are \`other\`. So there are at most
  2,500 series, whatever callers send.
- Counters begin at 0 with the process. Of several servers on one store each counts what it did itself: sum them. \`sessions\`, \`subjects\` and
  \`lmdb_map_bytes\` are of the store: each server tells all of it, so take the largest.
- In OpenMetrics the buckets of requests name the last trace that was kept in each (exemplars), where the server sends [traces](operations/logs.md#traces).
- What has expired is counted by the sweep that removes it. On Redis other operations remove what they come upon, and that is not counted.
- Requests that never became one (a head that is too large, no HTTP at all) are in the log and not here.
- How each webhook stands is told by \`rest-sessions webhooks list\` and the API ([webhooks](webhooks.md)): their names are no labels, because an app may have twenty.
`,
  'docs/errors.md': await errorsPage(),
  'docs/rest-sessions.1': manualPage(),
  // What was measured, as the latest results have it.
  ...reportFiles(),
};

const check = process.argv.includes('--check');
for (const [path, text] of Object.entries(generated)) {
  const file = new URL(`../${path}`, import.meta.url);
  if (!check) {
    writeFileSync(file, text);
    continue;
  }
  if (readFileSync(file, 'utf8') === text) continue;
  console.error(`${path} is out of step with what it comes from; run: npm run docs`);
  process.exitCode = 1;
}
