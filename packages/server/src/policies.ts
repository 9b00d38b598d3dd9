/** The policy file of a server: opened, and read again when it changes. Made from the configuration for serve.ts. */
import type { RulesAudit } from './audit/rules-audit.ts';
import { type Config, ConfigError } from './config.ts';
import type { PolicyReporter } from './core/policy-report.ts';
import type { Log } from './log/log.ts';
import { PolicyFault } from './policy/fault.ts';
import { PolicyFile, reportWithoutFile } from './policy/file.ts';
import { ForNow, type Reloading } from './reloading.ts';

/** Opens it. Errors: ConfigError, a line for each fault. */
export function openPolicy(path: string, variable: Config['variable']): PolicyFile {
  try {
    return new PolicyFile(path, variable);
  } catch (error) {
    throw error instanceof PolicyFault ? new ConfigError(error.message) : error;
  }
}

/** `file`: absence: null without one. */
export function policyReporter(file: PolicyFile | null): PolicyReporter {
  return file === null ? reportWithoutFile : (app) => file.reportOf(app);
}

/** `onRead`: called when the file was read again and is in force. With a fault, what was there before stays. */
export function reloadingPolicy(
  file: PolicyFile,
  log: Log,
  audit: RulesAudit,
  clock: () => number,
  onRead: () => void,
): Reloading {
  return {
    get files() {
      return file.files;
    },
    read: () => {
      const write = (changes: readonly string[], digest: string) => audit('policy.change', file.path, changes, digest);
      const changes = file.reload(write, clock());
      log.info({ file: file.path, changes }, 'the policy file was read again');
      onRead();
    },
    onFault: (error) => {
      if (error instanceof ForNow) {
        const words = 'the policy file is not read again for now; the policy before it stays';
        log.error({ file: file.path, why: error.message }, words);
        return;
      }
      // Nobody is there to catch it: thrown from here, it would end a server that serves well by the policy it has.
      if (!(error instanceof PolicyFault)) {
        log.error({ err: error, file: file.path }, 'a fault of the server came up as the policy file was read again');
        return;
      }
      for (const { where, rule } of error.faults) {
        log.error(
          { file: file.path, where, rule },
          'the policy file has a fault and is not used; the policy before it stays',
        );
      }
    },
  };
}
