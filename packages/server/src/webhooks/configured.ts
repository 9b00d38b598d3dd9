/** Which webhooks there are: what the policy says, as those who send see it. */
import type { WebhookPolicy } from '../core/policy.ts';

/** The webhooks in force. It may give others at the next call. */
export interface Configured {
  /** Apps that the policy file names. */
  readonly named: () => readonly string[];
  /** Of an app that is not served: none. */
  readonly webhooksOf: (app: string) => readonly WebhookPolicy[];
  /** Those of apps that have none of their own. */
  readonly usual: () => readonly WebhookPolicy[];
  readonly secretsOf: (webhook: WebhookPolicy) => readonly string[];
}
