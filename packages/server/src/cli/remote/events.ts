/**
 * `rest-sessions events tail`: what happens, as it happens. The first question is a page and not the stream: it fails at once where the
 * server is not there, the key is wrong or the app keeps no events; and it says where to begin, so that nothing is lost before the stream is heard.
 */
import type { AnyStreamedEvent, Resync } from 'rest-sessions-client/admin';
import { UsageError, type Words } from '../arguments.ts';
import { say } from '../output.ts';
import type { Column } from '../table.ts';
import { failureText } from './failure.ts';
import { countIn, instantIn } from './spans.ts';
import { counted, type Work, working } from './work.ts';

type Data = Readonly<Record<string, unknown>>;

/** Lines come one by one, so widths are those of what usually stands there. */
const COLUMNS: readonly Column<AnyStreamedEvent>[] = [
  { title: 'time                ', of: ({ time }) => time, kind: 'instant' },
  { title: 'type           ', of: ({ type }) => type },
  { title: 'app     ', of: ({ source }) => source.replace('/apps/', '') },
  { title: 'subject     ', of: ({ data }) => (data as Data).subject as string | null },
  { title: 'session         ', of: ({ data }) => (data as Data).session as string | undefined },
  { title: 'what', of: ({ data }) => wordsOf(data as Data) },
];

/** Tails. Gives the exit code. Errors: UsageError. */
export function run(_verb: string, given: Words, environment: NodeJS.ProcessEnv): Promise<number> {
  return working(given, environment, tail);
}

async function tail(work: Work): Promise<number> {
  const { given, client } = work;
  if (given.has('all-apps') === given.has('app')) throw new UsageError('events tail needs --app APP, or --all-apps');
  if (given.has('since') && given.has('after')) throw new UsageError('--since and --after say both where to begin');
  const source = (given.has('all-apps') ? client : work.app) as typeof client;
  const [since, most] = [instantIn(given, 'since', Date.now()) ?? 0, countIn(given, 'limit')];
  const [types, subject] = [
    given.text('types')?.split(',') as AnyStreamedEvent['type'][] | undefined,
    given.text('subject'),
  ];
  const filter = { ...(types !== undefined && { types }), ...(subject !== undefined && { subject }) };
  const rows = work.list(COLUMNS, { isLive: true });
  let last: string | null = null;
  work.done = () =>
    last === null ? '' : `${counted(rows.length, 'event')} shown; --after ${last} goes on behind them`;
  /** Whether to go on. */
  const take = async (event: AnyStreamedEvent): Promise<boolean> =>
    Date.parse(event.time) < since || ((await rows.add(event)) && rows.length !== most);
  const { events, next } = await source.eventsPage({ ...filter, ...beginOf(given), limit: 1 });
  for (const event of events) if (!(await take({ ...event, position: next }))) return rows.end('');
  last = next;
  for await (const told of source.events({ ...filter, after: next, onLost })) {
    if (told.type === 'resync') resync(work, told);
    else if (!(await take(told))) break;
    last = told.position ?? last;
  }
  return rows.end('');
}

/** Without a place to begin it is the oldest event that is kept: its instant is not known before. */
function beginOf(given: Words): { readonly after?: string } {
  return given.has('since') ? {} : { after: given.text('after') ?? 'end' };
}

function resync(work: Work, told: Resync): void {
  say('some events were dropped before they could be told');
  work.aside(told);
}

/** An attempt follows, so it is no failure. */
function onLost(error: unknown): void {
  say(`${failureText(error)}; trying again`);
}

/** `revoked by support: lost phone`. */
function wordsOf({ reason, by, note, label, ip, version, from }: Data): string {
  const words = [
    reason,
    by && `by ${by}`,
    label,
    reason === undefined && ip && `from ${ip}`,
    version !== undefined && `version ${version}`,
    from && `was ${from}`,
  ].filter(Boolean);
  return `${words.join(' ')}${note ? `: ${note}` : ''}`;
}
