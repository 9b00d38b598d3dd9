/**
 * `rest-sessions sessions end`: those that are named, those that match, or all. What matches is counted first, so that somebody can say no,
 * and looked up once more when it is ended: between the two nothing is kept but the count.
 */
import { isatty } from 'node:tty';
import type { Session } from 'rest-sessions-client/admin';
import { UsageError } from '../arguments.ts';
import { confirmed } from '../confirm.ts';
import { EXIT } from '../exit-codes.ts';
import { fail, standardError } from '../output.ts';
import { ending, type Named } from './ending.ts';
import { everyMatching } from './every-matching.ts';
import { type Filters, filtersIn } from './filters.ts';
import { SESSION_COLUMNS } from './session-columns.ts';
import { checkIds, idsOnInput } from './session-ids.ts';
import { counted, type Work } from './work.ts';

/** Ends them. Gives the exit code. Errors: UsageError. */
export async function endSessions(work: Work): Promise<number> {
  const { given } = work;
  const filters = filtersIn(given, Date.now());
  const ways = [given.words.length > 0, filters.any, given.has('all')].filter(Boolean).length;
  if (ways !== 1)
    throw new UsageError('sessions end needs one of: IDs, - for IDs on standard input, filters, or --all');
  if (given.has('confirm') && !given.has('all')) throw new UsageError('--confirm is for --all');
  if (given.has('all')) return endAll(work);
  if (filters.any) return endMatching(work, filters);
  if (given.words.includes('-')) {
    if (given.words.length > 1) throw new UsageError('- stands alone: all IDs come on standard input then');
    return endNamed(work, idsOnInput(), null);
  }
  checkIds(given.words);
  return endNamed(work, given.words, new Set(given.words).size);
}

async function endAll(work: Work): Promise<number> {
  const { given, app } = work;
  const { name } = app;
  const before = await work.ask(() => app.count());
  if (given.has('dry-run')) {
    return work.answer(`would end all ${counted(before, 'session')} of ${name}`, {
      app: name,
      sessions: before,
      ended: 0,
    });
  }
  const confirm = given.text('confirm');
  if (confirm !== undefined && confirm !== name) throw new UsageError('--confirm is not the name of the app');
  if (confirm === undefined) {
    if (!isatty(0) || !standardError.isTTY)
      throw new UsageError(`--all needs --confirm ${name} where there is no terminal`);
    const deed = `ends all ${counted(before, 'session')} of ${name}`;
    const goesOn = await confirmed({ deed, typed: name }, { has: () => false });
    if (goesOn !== true) return goesOn;
  }
  const reason = given.text('reason');
  work.asked = `the end of all sessions of ${name}`;
  const ended = await app.revokeAll(name, { ...(reason !== undefined && { reason }) });
  work.done = () => `${counted(ended, 'session')} of ${name} ended`;
  const left = await work.ask(() => app.count());
  return work.answer(`${counted(ended, 'session')} of ${name} ended, ${left.toLocaleString('en')} left`, {
    app: name,
    ended,
    left,
  });
}

/** `count`: null while nobody knows. */
async function endNamed(
  work: Work,
  ids: Iterable<string> | AsyncIterable<string>,
  count: number | null,
): Promise<number> {
  const { given, app } = work;
  if (given.has('dry-run')) return showNamed(work, ids);
  const which = count === null ? 'the sessions on standard input' : counted(count, 'session');
  const goesOn = await confirmed({ deed: `ends ${which} of ${app.name}` }, given);
  if (goesOn !== true) return goesOn;
  const { ended, missing } = await ending(work, asNamed(ids), count);
  if (missing === 0) return ended;
  return fail(
    `session_not_found: ${counted(missing, 'session')} of those named ${missing === 1 ? 'is' : 'are'} not there`,
    EXIT.notThere,
  );
}

async function* asNamed(ids: Iterable<string> | AsyncIterable<string>): AsyncGenerator<Named, void, undefined> {
  for await (const id of ids) yield { id };
}

async function showNamed(work: Work, ids: Iterable<string> | AsyncIterable<string>): Promise<number> {
  const rows = work.list<Session>(SESSION_COLUMNS);
  let missing = 0;
  for await (const id of ids) {
    const session = await work.ask(() => work.app.find(id));
    if (session === null) missing++;
    else if (!(await rows.add(session))) return rows.end('');
  }
  const code = await rows.end('none of them is there');
  if (missing === 0) return code;
  return fail(
    `session_not_found: ${counted(missing, 'session')} of those named ${missing === 1 ? 'is' : 'are'} not there`,
    EXIT.notThere,
  );
}

async function endMatching(work: Work, filters: Filters): Promise<number> {
  const { given, app, progress } = work;
  if (given.has('dry-run')) {
    const rows = work.list(SESSION_COLUMNS);
    for await (const session of everyMatching(work, filters)) if (!(await rows.add(session))) break;
    return rows.end(`no session${filters.words} in ${app.name}`);
  }
  const total = filters.looks ? await work.ask(() => app.count(filters.query)) : null;
  let count: number | null = null;
  if (!given.has('yes')) {
    count = await countMatching(work, filters, (seen) => progress.count('looking', seen, total));
    progress.clear();
    if (count === 0) return work.answer(`no session${filters.words} in ${app.name}`, { app: app.name, ended: 0 });
    const goesOn = await confirmed({ deed: `ends ${counted(count, 'session')} of ${app.name}${filters.words}` }, given);
    if (goesOn !== true) return goesOn;
  }
  const { ended } = await ending(work, everyMatching(work, filters), count);
  return ended;
}

async function countMatching(work: Work, filters: Filters, onLook: (seen: number) => void): Promise<number> {
  if (!filters.looks) return work.ask(() => work.app.count(filters.query));
  let count = 0;
  for await (const _ of everyMatching(work, filters, { onLook })) count++;
  return count;
}
