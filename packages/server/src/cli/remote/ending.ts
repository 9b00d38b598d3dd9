/** The end of many sessions, one by one and some at a time: what has ended is told as it ends, and counted for who interrupts it. */
import { counted, type Work } from './work.ts';

/** A server has many more to serve. */
const AT_ONCE = 8;

export interface Named {
  readonly id: string;
  readonly subject?: string | null;
}

export interface Ending {
  /** The exit code of the answer. */
  readonly ended: number;
  /** How many were not there (any more). */
  readonly missing: number;
}

/** Ends them. `total`: absence null where nobody knows. Gives what came of it. Errors: those of the call that failed first. */
export async function ending(work: Work, sessions: AsyncIterable<Named>, total: number | null): Promise<Ending> {
  const { app, given, progress } = work;
  const reason = given.text('reason');
  const rows = work.json ? work.list<object>([], { isLive: true }) : null;
  /** One after the other: a part of one line must not come between those of another. Who reads no more ends nothing: the work goes on. */
  let told: Promise<unknown> = Promise.resolve();
  let [ended, missing, under] = [0, 0, 0];
  let failure: { readonly error: unknown } | null = null;
  work.done = () =>
    `${counted(ended, 'session')} of ${app.name} ended${under === 0 ? '' : `, and up to ${under} more`}`;
  const end = async ({ id, subject }: Named) => {
    under++;
    try {
      const isEnded = await work.ask(() => app.revoke(id, { ...(reason !== undefined && { reason }) }));
      const row = { id, ...(subject !== undefined && { subject }), ended: isEnded };
      told = told.then(() => rows?.add(row));
      await told;
      // Counted when it is told: what a signal says has ended has its line.
      if (isEnded) ended++;
      else missing++;
      progress.count('ending', ended + missing, total);
    } catch (error) {
      failure ??= { error };
    } finally {
      under--;
    }
  };
  const going = new Set<Promise<void>>();
  try {
    for await (const session of sessions) {
      const one = end(session).finally(() => going.delete(one));
      going.add(one);
      if (going.size >= AT_ONCE) await Promise.race(going);
      if (failure !== null) break;
    }
  } finally {
    // Also where the next one cannot be read: what is asked for already ends all the same, and is told.
    await Promise.all(going);
    progress.clear();
  }
  if (failure !== null) throw (failure as { readonly error: unknown }).error;
  if (rows !== null) return { ended: await rows.end('no session was ended'), missing };
  return { ended: work.answer(`${counted(ended, 'session')} of ${app.name} ended`, {}), missing };
}
