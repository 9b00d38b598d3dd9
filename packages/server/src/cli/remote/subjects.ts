/** `rest-sessions subjects`: where somebody is logged in, the end of that, and what has ended. */
import { UsageError, type Words } from '../arguments.ts';
import { confirmed } from '../confirm.ts';
import { DEVICE_COLUMNS, HISTORY_COLUMNS } from './session-columns.ts';
import { checkIds } from './session-ids.ts';
import { counted, type Work, working } from './work.ts';

/** Does what the verb says. Gives the exit code. Errors: UsageError. */
export function run(verb: string, given: Words, environment: NodeJS.ProcessEnv): Promise<number> {
  const verbs: Readonly<Record<string, (work: Work) => Promise<number>>> = { show, end, history };
  return working(given, environment, verbs[verb]!);
}

const subjectOf = (work: Work) => work.app.subject(work.given.words[0]!);

async function show(work: Work): Promise<number> {
  const subject = subjectOf(work);
  const rows = work.list(DEVICE_COLUMNS);
  for await (const session of subject.each()) if (!(await rows.add(session))) break;
  return rows.end(`${subject.subject} has no session in ${work.app.name}`);
}

async function end(work: Work): Promise<number> {
  const { given, app } = work;
  const subject = subjectOf(work);
  const [except, reason] = [given.text('except'), given.text('reason')];
  if (except !== undefined) checkIds([except]);
  const whose = `${subject.subject} in ${app.name}`;
  let before = 0;
  let isExcepted = false;
  for await (const { id } of subject.each()) {
    if (id === except) isExcepted = true;
    else before++;
  }
  if (except !== undefined && !isExcepted) throw new UsageError(`--except is no session of ${whose}: nothing was done`);
  const about = { app: app.name, subject: subject.subject };
  if (given.has('dry-run')) {
    return work.answer(`would end ${counted(before, 'session')} of ${whose}`, { ...about, sessions: before, ended: 0 });
  }
  const deed = `ends ${counted(before, 'session')} of ${whose}${isExcepted ? ', all but one' : ''}`;
  const goesOn = before === 0 ? true : await confirmed({ deed }, given);
  if (goesOn !== true) return goesOn;
  work.asked = `the end of the sessions of ${whose}`;
  const ended = await work.ask(() =>
    subject.revokeAll({ ...(except !== undefined && { except }), ...(reason !== undefined && { reason }) }),
  );
  work.done = () => `${counted(ended, 'session')} of ${whose} ended`;
  const left = await work.ask(() => subject.count());
  return work.answer(`${counted(ended, 'session')} of ${whose} ended, ${left.toLocaleString('en')} left`, {
    ...about,
    ended,
    left,
  });
}

async function history(work: Work): Promise<number> {
  const { given, app } = work;
  const subject = subjectOf(work);
  if (given.has('erase')) return erase(work);
  for (const option of ['dry-run', 'yes'] as const) {
    if (given.has(option)) throw new UsageError(`--${option} is for --erase`);
  }
  const rows = work.list(HISTORY_COLUMNS);
  for (const entry of await work.ask(() => subject.history())) if (!(await rows.add(entry))) break;
  return rows.end(`nothing is kept of ended sessions of ${subject.subject} in ${app.name}`);
}

async function erase(work: Work): Promise<number> {
  const { given, app } = work;
  const subject = subjectOf(work);
  const whose = `${subject.subject} in ${app.name}`;
  const about = { app: app.name, subject: subject.subject };
  const kept = given.has('dry-run') || !given.has('yes') ? (await work.ask(() => subject.history())).length : null;
  if (given.has('dry-run')) {
    return work.answer(`would erase ${counted(kept!, 'entry', 'entries')} of ${whose}`, {
      ...about,
      entries: kept,
      erased: 0,
    });
  }
  const deed = `erases the history of ${whose}, ${counted(kept ?? 0, 'entry', 'entries')}`;
  const goesOn = await confirmed({ deed }, given);
  if (goesOn !== true) return goesOn;
  const erased = await subject.eraseHistory();
  return work.answer(`${counted(erased, 'entry', 'entries')} of ${whose} erased`, { ...about, erased });
}
