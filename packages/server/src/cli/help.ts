/** The text of --help, made from the table of variables. */
import { VARIABLES, type Variable } from '../config.ts';

export function help(): string {
  const variables = Object.values(VARIABLES).map((variable: Variable) => {
    const fallback = variable.default === '' ? 'not set' : variable.default;
    return `  ${variable.name.padEnd(20)} ${variable.allowed} [${fallback}]\n`;
  });
  return `rest-sessions: the login-session server that every stack can use

Usage: rest-sessions [serve]
       rest-sessions keys create --name NAME --apps APP,…|* --scopes SCOPE,… [--expires 90d|DATE]
       rest-sessions keys list | revoke NAME | check    (more: rest-sessions keys --help)
       rest-sessions doctor [--store URL] [--repair] [--json]
       rest-sessions --help | --version

serve (the default) starts the server and runs until SIGTERM or SIGINT. It then finishes the
requests under way and ends with 0; a second signal ends it at once. SIGHUP reads keys,
certificates and the policy file again.

keys makes API keys and takes them back, in the file RS_KEYS_FILE or --file PATH. Scopes: verify
(read by token), read (lists), write (create, change), revoke (end), admin (a whole app).

doctor examines a store while servers use it: the settings of its Redis, and whether sessions and
their indexes agree. It changes nothing; --repair mends what it can, --json is for programs. The
store is RS_STORE or --store (a URL with a password only in RS_STORE). Ends with 1 when something
is wrong, or left.

Configuration, by environment variables [default]:
${variables.join('')}
Exit codes: 0 done, 1 failed, 2 wrong use or configuration.
`;
}
