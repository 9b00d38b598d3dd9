/** `rest-sessions sessions`: finds sessions of an app, shows one, ends some or all. */
import { readFileSync } from 'node:fs';
import { UsageError, type Words } from '../arguments.ts';
import { EXIT } from '../exit-codes.ts';
import { fail } from '../output.ts';
import { filtersIn, matching } from './filters.ts';
import { SESSION_COLUMNS, sessionText } from './session-columns.ts';
import { checkIds } from './session-ids.ts';
import { endSessions } from './sessions-end.ts';
import { countIn } from './spans.ts';
import { counted, type Work, working } from './work.ts';

/** Does what the verb says. Gives the exit code. Errors: UsageError. */
export function run(verb: string, given: Words, environment: NodeJS.ProcessEnv): Promise<number> {
  const verbs: Readonly<Record<string, (work: Work) => Promise<number>>> = { list, show, end: endSessions };
  return working(given, environment, verbs[verb]!);
}

async function list(work: Work): Promise<number> {
  const { given, app } = work;
  const filters = filtersIn(given, Date.now());
  const most = countIn(given, 'limit');
  const rows = work.list(SESSION_COLUMNS);
  work.done = () => (rows.length === 0 ? '' : `${counted(rows.length, 'session')} listed`);
  for await (const session of matching(work, filters, { most })) if (!(await rows.add(session))) break;
  return rows.end(`no session${filters.words} in ${app.name}`);
}

async function show(work: Work): Promise<number> {
  const { given, app } = work;
  const [id] = given.words;
  const byToken = given.has('token-stdin');
  if (byToken === (id !== undefined)) throw new UsageError('sessions show needs an ID, or --token-stdin');
  if (id !== undefined) checkIds([id]);
  const token = byToken ? readFileSync(0, 'utf8').trim() : '';
  const session = await work.ask(() => (byToken ? app.findByToken(token) : app.find(id!)));
  if (session === null) {
    return fail(
      `session_not_found: there is no such session in ${app.name}: it never was, has expired, or was ended`,
      EXIT.notThere,
    );
  }
  return work.answer(sessionText(session), session);
}
