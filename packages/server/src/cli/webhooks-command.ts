/**
 * `rest-sessions webhooks`: asks the running server about the webhooks of an app, and sends again what was given up. It goes by the API
 * of the server of this configuration: only that knows the secrets, and its audit log is to have a line.
 */
import { readFileSync } from 'node:fs';
import { ConfigError, readAddress } from '../config.ts';
import { UsageError, type Words } from './arguments.ts';
import { fail, misuse, print } from './output.ts';
import { ask, urlOf } from './own-server.ts';

/** Units: milliseconds; longer than a resend of all goes on. Of an answer: characters. */
const TIMEOUT = 40_000;
const LONGEST_BODY = 16_000_000;

type Answer = Readonly<Record<string, unknown>>;

interface Verb {
  readonly method: 'GET' | 'POST';
  readonly path: (given: Words) => string;
  readonly words: (answer: Answer) => string;
  /** Whether it is done: what the receiver said counts. Default: yes. */
  readonly isDone?: (answer: Answer) => boolean;
}

const VERBS: Readonly<Record<string, Verb>> = {
  list: { method: 'GET', path: () => '', words: ({ webhooks }) => table(webhooks as Answer[], LIST) },
  'dead-letters': {
    method: 'GET',
    path: () => '/dead-letters?limit=100',
    words: ({ deadLetters }) =>
      table(
        (deadLetters as { event: Answer }[]).map(({ event, ...letter }) => ({
          ...letter,
          type: event.type,
          session: event.subject,
        })),
        LETTERS,
      ),
  },
  test: { method: 'POST', path: () => '/test', words: sentWords, isDone: ({ delivered }) => delivered === true },
  resend: {
    method: 'POST',
    path: (given) => {
      const id = given.text('id');
      return id === undefined ? '/resend' : `/dead-letters/${encodeURIComponent(id)}/resend`;
    },
    words: (answer) => ('delivered' in answer ? sentWords(answer) : `${answer.resent} sent again, ${answer.left} left`),
    isDone: ({ delivered, left }) => delivered === true || left === 0,
  },
  replay: {
    method: 'POST',
    path: (given) => `/replay?from=${encodeURIComponent(given.text('from') ?? '')}`,
    words: ({ events }) => `${events} events are sent again`,
  },
  enable: {
    method: 'POST',
    path: () => '/enable',
    words: ({ enabled }) => (enabled === true ? 'it goes on' : 'it was not off'),
  },
};

const LIST = ['name', 'state', 'behind', 'waiting', 'deadLetters', 'deliveredAt', 'failure'];
const LETTERS = ['id', 'at', 'type', 'session', 'attempts', 'failure'];

/** Asks. Gives the exit code. Errors: UsageError. */
export async function run(word: string, given: Words, environment: NodeJS.ProcessEnv): Promise<number> {
  const verb = VERBS[word]!;
  const [app, name] = [given.text('app')!, given.words[0]];
  if (given.has('cert') !== given.has('key')) throw new UsageError('--cert and --key only work together');
  try {
    const address = readAddress(environment);
    if (address.port === 0) return fail('RS_PORT=0 lets the server take any port: nobody can know which to ask');
    const key = keyIn(given.text('key-file'));
    const [cert, certKey] = [given.text('cert'), given.text('key')];
    const base = `/v1/apps/${encodeURIComponent(app)}/webhooks`;
    const { status, body, why } = await ask(address, {
      method: verb.method,
      path: `${base}${name === undefined ? '' : `/${encodeURIComponent(name)}`}${verb.path(given)}`,
      headers: key === null ? {} : { Authorization: `Bearer ${key}` },
      shown: cert === undefined || certKey === undefined ? address.tls : { cert, key: certKey },
      timeout: TIMEOUT,
      longest: LONGEST_BODY,
    });
    if (status === null) return fail(`${urlOf(address)} does not answer: ${why}`);
    const answer = readAnswer(body);
    if (status !== 200) return fail(`${urlOf(address)} refuses: ${answer?.detail ?? `it answers ${status}`}`);
    if (answer === null) return fail(`${urlOf(address)} answers what is no JSON`);
    const isDone = verb.isDone?.(answer) ?? true;
    const code = print(given.has('json') ? `${JSON.stringify(answer, null, 2)}\n` : `${verb.words(answer)}\n`);
    return isDone ? code : 1;
  } catch (error) {
    if (error instanceof ConfigError) return misuse(error.message.split('\n'));
    return fail((error as Error).message);
  }
}

/** Absence: null. Errors: what the system says of the file. */
function keyIn(path: string | undefined): string | null {
  if (path === undefined) return null;
  return readFileSync(path === '-' ? 0 : path, 'utf8').trim();
}

/** Absence: null when it is no JSON object. */
function readAnswer(body: string): Answer | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Answer) : null;
  } catch {
    return null;
  }
}

function sentWords({ delivered, status, failure }: Answer): string {
  return delivered === true ? `delivered: it answered ${status}` : `not delivered: ${failure}`;
}

/** Columns with two spaces between them; what is not there is a hyphen. */
function table(rows: readonly Answer[], columns: readonly string[]): string {
  const lines = [columns, ...rows.map((row) => columns.map((name) => String(row[name] ?? '-')))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
