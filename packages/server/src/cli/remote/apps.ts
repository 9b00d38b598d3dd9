/** `rest-sessions apps`: which apps have sessions, and how many. */
import type { AppSummary } from 'rest-sessions-client/admin';
import type { Words } from '../arguments.ts';
import type { Column } from '../table.ts';
import { working } from './work.ts';

const COLUMNS: readonly Column<AppSummary>[] = [
  { title: 'app', of: ({ app }) => app },
  { title: 'subjects', of: ({ subjects }) => subjects, kind: 'number' },
  { title: 'sessions', of: ({ sessions }) => sessions, kind: 'number' },
];

/** Lists them. Gives the exit code. Errors: UsageError. */
export function run(_verb: string, given: Words, environment: NodeJS.ProcessEnv): Promise<number> {
  return working(given, environment, async (work) => {
    const list = work.list(COLUMNS);
    for (const app of await work.ask(() => work.client.apps())) if (!(await list.add(app))) break;
    return list.end('no app that this key may see has sessions');
  });
}
