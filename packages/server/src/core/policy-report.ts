/** What is asked of the policy of an app by somebody who looks for why it is as it is: what routes know of `policy/`. */

/** From where a value comes: the app's own rules in the policy file, the `defaults` of the file, or the server's own. */
export const POLICY_LAYERS = ['app', 'defaults', 'built-in'] as const;
export type PolicyLayer = (typeof POLICY_LAYERS)[number];

/** By its name in the policy file, and in the unit that it has there. Of webhooks a value has the name and the host alone. */
export interface PolicyValue {
  readonly name: string;
  /** What JSON can say. Absence: null means none. */
  readonly value: unknown;
  readonly from: PolicyLayer;
}

export interface PolicyChange {
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface PolicyReport {
  /** All that a policy file can say of an app, in the order of its documentation. */
  readonly values: readonly PolicyValue[];
  /** The name of the file, without its folder. Absence: null without one. */
  readonly file: string | null;
  /** The last reload that changed the file, and what it changed for this app. Units: epoch milliseconds. Absence: null when none has. */
  readonly reload: { readonly at: number; readonly changed: readonly PolicyChange[] } | null;
}

/** Gives what is in force for an app that is served, whether the file names it or not. */
export type PolicyReporter = (app: string) => PolicyReport;
