/** The text of --help, made from the table of variables. */
import { VARIABLES, type Variable } from '../config.ts';

export function help(): string {
  const variables = Object.values(VARIABLES).map((variable: Variable) => {
    const fallback = variable.default === '' ? 'not set' : variable.default;
    return `  ${variable.name.padEnd(20)} ${variable.allowed} [${fallback}]\n`;
  });
  return `rest-sessions: the login-session server that every stack can use

Usage: rest-sessions [serve]
       rest-sessions --help | --version

serve (the default) starts the server and runs until SIGTERM or SIGINT. It then finishes the
requests under way and ends with 0; a second signal ends it at once.

Configuration, by environment variables [default]:
${variables.join('')}
Exit codes: 0 done, 1 failed, 2 wrong use or configuration.
`;
}
