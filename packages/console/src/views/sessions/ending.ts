/**
 * Ends sessions, and tells what came of it. Nothing is believed: the count before and the count now are asked of the server, so
 * that what is told is what is true, whoever else ends or begins sessions meanwhile.
 */
import { Problem } from '../../api/problem.ts';
import { part, v1 } from '../../api/request.ts';
import type { Target } from './targets.ts';

export interface Result {
  readonly ended: number;
  /** Were over before we asked. */
  readonly gone: number;
  readonly failed: readonly { readonly id: string | null; readonly problem: Problem }[];
}

/** How many requests are on their way at once. */
const AT_ONCE = 4;

/** Ends. A failure of one session does not keep the others from it; it is in the result. */
export async function end(app: string, target: Target, reason: string): Promise<Result> {
  const query = { reason: reason.trim() };
  if (target.kind !== 'sessions') {
    const except = target.kind === 'others' ? target.except : null;
    const path = `/apps/${part(app)}/subjects/${part(target.subject)}/sessions`;
    try {
      const { revoked } = await v1<{ revoked: number }>(path, { method: 'DELETE', query: { ...query, except } });
      return { ended: revoked, gone: 0, failed: [] };
    } catch (error) {
      return { ended: 0, gone: 0, failed: [{ id: null, problem: asProblem(error) }] };
    }
  }
  let [ended, gone] = [0, 0];
  const failed: { id: string; problem: Problem }[] = [];
  const waiting = [...target.ids];
  const work = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      try {
        const path = `/apps/${part(app)}/sessions/${part(id)}`;
        const { revoked } = await v1<{ revoked: number }>(path, { method: 'DELETE', query });
        if (revoked > 0) ended += revoked;
        else gone++;
      } catch (error) {
        failed.push({ id, problem: asProblem(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, target.ids.length) }, work));
  return { ended, gone, failed };
}

/** Counts the sessions of a subject. */
export async function countOf(app: string, subject: string, signal?: AbortSignal): Promise<number> {
  const path = `/apps/${part(app)}/subjects/${part(subject)}/sessions:count`;
  return (await v1<{ sessions: number }>(path, { signal })).sessions;
}

function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(0, 'fault', String(error));
}
