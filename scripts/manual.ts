/** The manual page of the command, in roff, from the definitions that --help comes from, and the table of variables. */
import type { CommandDefinition, Options } from '../packages/server/src/cli/definition.ts';
import { COMMANDS } from '../packages/server/src/cli/definitions/index.ts';
import { EXIT_CODES } from '../packages/server/src/cli/exit-codes.ts';
import { callOf } from '../packages/server/src/cli/usage.ts';
import { VARIABLES, type Variable } from '../packages/server/src/config.ts';

/** Gives rest-sessions(1). */
export function manualPage(): string {
  const commands = [...COMMANDS.values()];
  const variables: readonly Variable[] = Object.values(VARIABLES);
  const page = [
    '.\\" Made from the definitions of the commands by scripts/manual.ts.',
    '.TH REST-SESSIONS 1 "" "REST-Sessions" "User Commands"',
    // Names of options are looked for: no line ends within one.
    '.nh',
    '.ad l',
    '.SH NAME',
    'rest-sessions \\- the login-session server that every stack can use',
    '.SH SYNOPSIS',
    ...commands.flatMap(({ name, verbs }, i) => [
      ...(i === 0 ? [] : ['.br']),
      `.B rest\\-sessions ${plain(verbs['']?.usage ?? `${name} ${Object.keys(verbs).join(' | ')}`)}`,
      ...(Object.values(verbs).some(({ options }) => Object.keys(options).length > 0) ? ['[options]'] : []),
    ]),
    '.SH DESCRIPTION',
    'Applications in any language share one session over plain HTTP. The server keeps the sessions in an embedded store, or in Redis or Valkey.',
    '.SH COMMANDS',
    ...commands.flatMap(sectionOf),
    '.SH ENVIRONMENT',
    'An empty value counts as not set. A value that is not allowed stops the start.',
    ...variables.flatMap((variable) => ['.TP', `.B ${variable.name}`, plain(inWords(variable))]),
    '.SH SIGNALS',
    ...SIGNALS.flatMap(([signal, deed]) => ['.TP', `.B ${signal}`, plain(deed)]),
    '.SH EXIT STATUS',
    ...Object.entries(EXIT_CODES).flatMap(([code, text]) => ['.TP', `.B ${code}`, plain(text)]),
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

/** What a command is, and each of its verbs with options and examples. */
function sectionOf({ name, summary, text, verbs }: CommandDefinition): readonly string[] {
  return [
    `.SS ${plain(name)}`,
    ...paragraphs(`${name} ${summary}.\n\n${text}`),
    ...Object.entries(verbs).flatMap(([verb, definition]) => [
      '.PP',
      `.B rest\\-sessions ${callOf(definition).map(unbroken).join(' ')}`,
      ...(verb === '' ? [] : ['.br', ...paragraphs(definition.text)]),
      ...optionsIn(definition.options),
      ...definition.examples.flatMap((example) => [
        '.PP',
        `${plain(example.text)}:`,
        '.RS',
        '.nf',
        plain(example.line),
        '.fi',
        '.RE',
      ]),
    ]),
  ];
}

function optionsIn(options: Options): readonly string[] {
  return Object.entries(options).flatMap(([name, { value, text }]) => [
    '.TP',
    value === null ? `.B ${plain(`--${name}`)}` : `.BI ${plain(`--${name}`)} " ${plain(value)}"`,
    plain(text),
  ]);
}

function inWords({ sentence, allowed, default: fallback }: Variable): string {
  return `${sentence.replaceAll('`', '')} Allowed: ${allowed}. ${fallback === '' ? 'Not set by default.' : `Default: ${fallback}`}`;
}

/** A line each: roff fills them itself. */
function paragraphs(text: string): readonly string[] {
  return text
    .trim()
    .split(/\n\s*\n/)
    .flatMap((paragraph, i) => [...(i === 0 ? [] : ['.PP']), plain(paragraph.replaceAll(/\s*\n\s*/g, ' '))]);
}

/** An option stays together with its value. */
function unbroken(part: string): string {
  return plain(part).replaceAll(' ', '\\ ');
}

/** Takes from a text what roff would read as its own: backslashes, a dot or quote at the begin of a line, and signs it would change. */
function plain(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('…', '...')
    .replaceAll("'", '\\(aq')
    .replaceAll('"', '\\(dq');
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}
