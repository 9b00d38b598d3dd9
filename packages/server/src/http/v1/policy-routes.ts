/** v1: why the policy of an app is as it is. */
import { z } from 'zod';
import { POLICY_LAYERS, type PolicyReporter } from '../../core/policy-report.ts';
import { instantText } from '../message/instant-text.ts';
import { answer } from '../message/route.ts';
import type { OperationRoute, Operations } from '../operation/operation.ts';

const name = z.string().describe('As the policy file names it.');
const instant = z.iso.datetime({ precision: 3 });
const PolicyLayer = z.enum(POLICY_LAYERS).meta({
  id: 'PolicyLayer',
  description:
    '`app`: the rules of this app in the policy file. `defaults`: those of all apps in the file. `built-in`: the server’s own.',
});
const PolicyValue = z
  .object({ name, value: z.unknown().describe('In the unit of the policy file.'), from: PolicyLayer })
  .meta({ id: 'PolicyValue', description: 'A value in force, and from where it comes.' });
const PolicyChange = z
  .object({ name, before: z.unknown(), after: z.unknown() })
  .meta({ id: 'PolicyChange', description: 'What a reload has changed.' });
const PolicyReload = z
  .object({
    at: instant,
    changed: z.array(PolicyChange).describe('For this app. Empty where only others have changed.'),
  })
  .meta({ id: 'PolicyReload', description: 'The last reload that changed the file.' });
const PolicyInForce = z
  .object({
    app: z.string(),
    values: z.array(PolicyValue),
    file: z.string().nullable().describe('The name of the policy file, without its folder. Null: there is none.'),
    reload: PolicyReload.nullable().describe('Null when the file has not changed since this server started.'),
  })
  .meta({ id: 'PolicyInForce', description: 'The policy of an app, with the layer of each value.' });

const EXAMPLE = {
  app: 'shop',
  values: [
    { name: 'idleTimeout', value: 1800, from: 'app' },
    { name: 'history', value: { days: 30 }, from: 'defaults' },
    { name: 'webhooks', value: [{ name: 'mail', host: 'mail.example.org' }], from: 'app' },
    { name: 'cookie', value: null, from: 'built-in' },
  ],
  file: 'policy.json',
  reload: {
    at: '2026-11-26T07:18:16.000Z',
    changed: [{ name: 'idleTimeout', before: 7200, after: 1800 }],
  },
};

export function policyRoute(report: PolicyReporter, operation: Operations): OperationRoute {
  return operation({
    id: 'getPolicy',
    method: 'GET',
    path: '/v1/apps/:app/policy',
    scope: 'read',
    tag: 'overview',
    summary: 'Look from where each value of the policy comes',
    description:
      'Shows each value that is in force for an app by its name in the policy file and in the unit that it has there, the layer it comes from, and what the last reload changed. An app that the file does not name has the values of `defaults` and of the server. Secrets are never shown, and of webhooks only the name and the host: a change of the rest of one shows twice the same.',
    answers: { 200: { description: 'The policy in force.', schema: PolicyInForce, example: EXAMPLE } },
    errors: [],
    handle: async ({ c, app }) => {
      const { values, file, reload } = report(app);
      const shown = reload && { at: instantText(reload.at), changed: reload.changed };
      return answer(c, JSON.stringify({ app, values, file, reload: shown }));
    },
  });
}
