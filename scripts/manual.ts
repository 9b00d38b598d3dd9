/** The manual page of the command, in roff, from the texts of --help and the table of variables. */
import { COMMANDS, EXIT_CODES } from '../packages/server/src/cli/help.ts';
import { VARIABLES, type Variable } from '../packages/server/src/config.ts';

/** Gives rest-sessions(1). */
export function manualPage(): string {
  const commands = Object.values(COMMANDS);
  const synopsis = commands.flatMap(({ usage }) => usage);
  const variables: readonly Variable[] = Object.values(VARIABLES);
  const page = [
    '.\\" Made from the texts of --help by scripts/manual.ts.',
    '.TH REST-SESSIONS 1 "" "REST-Sessions" "User Commands"',
    '.SH NAME',
    'rest-sessions \\- the login-session server that every stack can use',
    '.SH SYNOPSIS',
    ...synopsis.flatMap((usage, i) => [...(i === 0 ? [] : ['.br']), `.B rest-sessions\n${plain(usage)}`]),
    '.SH DESCRIPTION',
    'Applications in any language share one session over plain HTTP. The server keeps the sessions in an embedded store, or in Redis or Valkey.',
    '.SH COMMANDS',
    ...Object.entries(COMMANDS).flatMap(([name, { text }]) => [
      '.TP',
      `.B ${plain(name)}`,
      plain(inOneParagraph(text)),
    ]),
    '.SH ENVIRONMENT',
    'An empty value counts as not set. A value that is not allowed stops the start.',
    ...variables.flatMap((variable) => ['.TP', `.B ${variable.name}`, plain(inWords(variable))]),
    '.SH SIGNALS',
    ...SIGNALS.flatMap(([signal, deed]) => ['.TP', `.B ${signal}`, plain(deed)]),
    '.SH EXIT STATUS',
    plain(EXIT_CODES.trim()),
    '.SH SEE ALSO',
    'The page /docs of a running server.',
  ];
  return `${page.join('\n')}\n`;
}

const SIGNALS = [
  ['SIGTERM, SIGINT, SIGQUIT', 'A stop: requests under way are finished. A second one ends the server at once.'],
  ['SIGHUP', 'Policy, keys, certificates are read again, and the audit log is opened anew.'],
  ['SIGUSR2', 'With RS_WORKERS: the workers are replaced one after the other, and no request fails.'],
] as const;

function inWords({ sentence, allowed, default: fallback }: Variable): string {
  return `${sentence.replaceAll('`', '')} Allowed: ${allowed}. ${fallback === '' ? 'Not set by default.' : `Default: ${fallback}`}`;
}

function inOneParagraph(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ');
}

/** Takes from a text what roff would read as its own: backslashes, a dot or quote at the begin of a line, and signs it would change. */
function plain(text: string): string {
  const escaped = text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('…', '...').replaceAll("'", '\\(aq');
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}
