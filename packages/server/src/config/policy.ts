/** Where the policy file is: the rules of each app (policy/). */
import { contentsOf, type Read, type Variable } from './variable.ts';

export const POLICY_VARIABLES = {
  policyFile: {
    name: 'RS_CONFIG',
    type: 'file',
    unit: 'JSON',
    default: '',
    allowed: 'a file that can be read',
    sentence:
      'The policy file: timeouts, caps and limits for each app, as told below. Read again within seconds of a change and on SIGHUP. Not set: the defaults for every app.',
  },
} as const satisfies Record<string, Variable>;

/** Gives its path. Absence: null when there is none. Errors: ConfigError. */
export function readPolicyFile(read: Read): string | null {
  return read(POLICY_VARIABLES.policyFile, (path) => (path === '' || contentsOf(path) ? path : undefined)) || null;
}
