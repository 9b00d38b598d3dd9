/** Whether the console is served, where, and who may log in to it beside the holders of API keys. */
import { ConfigError, number, type Read, type Variable } from './variable.ts';

export const CONSOLE_VARIABLES = {
  console: {
    name: 'RS_CONSOLE',
    type: 'boolean',
    unit: '',
    default: 'false',
    allowed: 'true or false',
    sentence:
      'Whether the console for support staff and operators is served at /console, on the port of the sessions. People log in with an API key, or with a name of RS_CONSOLE_USERS; what they may do is what its scopes say.',
  },
  consolePort: {
    name: 'RS_CONSOLE_PORT',
    type: 'integer',
    unit: 'TCP port',
    default: '',
    allowed: 'a whole number from 0 to 65535, or not set',
    sentence:
      'A port of its own for the console, on the address of RS_HOST; 0 takes any free one, and the log names it. It switches the console on, which then is not on the port of the sessions.',
  },
  consoleUsers: {
    name: 'RS_CONSOLE_USERS',
    type: 'text',
    unit: '',
    default: '',
    allowed: 'entries NAME:scrypt:HASH:APPS:SCOPES[:EXPIRES] with spaces between them',
    sentence:
      'Who may log in to the console by name and password. Hashes, never passwords: `rest-sessions keys create-user` prints the entry. An entry that is taken out ends the console sessions of its name.',
  },
} as const satisfies Record<string, Variable>;

export interface ConsoleConfig {
  /** Of its own. Absence: null when it is on the port of the sessions. */
  readonly port: number | null;
  /** The text of RS_CONSOLE_USERS. A function, so that nothing prints it. */
  readonly users: () => string;
}

/** `port`: of the sessions. Absence: null when there is no console. Errors: ConfigError. */
export function readConsole(read: Read, port: number | undefined): ConsoleConfig | null {
  const isOn = read(CONSOLE_VARIABLES.console, (text) => ({ true: true, false: false })[text]);
  const own = read(CONSOLE_VARIABLES.consolePort, (text) =>
    text === '' ? null : number(text, /^\d{1,5}$/, 0, 65_535),
  );
  const users = read(CONSOLE_VARIABLES.consoleUsers, (text) => text);
  if (own !== null && own !== 0 && own === port) {
    throw new ConfigError(`RS_CONSOLE_PORT=${own} is the port of the sessions (RS_PORT), too; set it to another one`);
  }
  return isOn || own !== null ? { port: own, users: () => users } : null;
}
