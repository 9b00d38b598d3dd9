/** v1: what happened, in pages and as a stream (Server-Sent Events): of one app, and of all apps that the caller sees. */
import { readEventCursor, type Whose } from '../../core/event-cursor.ts';
import { EVENT_TYPES } from '../../core/events.ts';
import type { Begin, EventFilter, Hearing } from '../../core/hearing.ts';
import type { Sessions } from '../../core/sessions.ts';
import { checkPathSubject } from '../../core/validate.ts';
import { departureOf } from '../message/departure.ts';
import { HEADERS } from '../message/problem.ts';
import { answer, type Call, type Reply } from '../message/route.ts';
import { milliseconds } from '../message/wire.ts';
import { invalid } from '../operation/faults.ts';
import type { Asked, OperationRoute, Operations } from '../operation/operation.ts';
import { headerOf } from '../operation/request-head.ts';
import { instantIn } from './begin.ts';
import { EVENT_EXAMPLE, EventPage, POSITION_EXAMPLE, STREAM_EXAMPLE } from './event-schemas.ts';
import * as queries from './queries.ts';

const TAG = 'events';
const STREAM_TYPE = 'text/event-stream';
const LIMIT = 100;

const WORDS =
  'Tells what happened, the oldest first: in pages, or with `Accept: text/event-stream` as a stream of Server-Sent Events that goes on for as long as the caller is allowed to ask. An event may be told twice, by the same `id`; none is left out without `resync`.\n\n- Page: ask again with `after` = `next`. With `wait` the answer comes when there is an event.\n- Stream: each event is a message, its `id` the position. `event: position` tells a position without an event, `event: resync` that something is gone or that the reader was too slow. A comment comes every 15 seconds.\n- `types`, `subject` and `session` choose; positions go on over what they pass over. One page looks through 10,000 events at most: with `more` there are others behind it, also where it is empty.\n- `after` may be an instant: what happened to a session is told from its `createdAt` on.';

const ANSWER = {
  description: 'What happened.',
  schema: EventPage,
  example: { events: [EVENT_EXAMPLE], next: POSITION_EXAMPLE },
  also: { mediaType: STREAM_TYPE, example: STREAM_EXAMPLE },
};

interface Query {
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
  readonly types?: string | undefined;
  readonly subject?: string | undefined;
  readonly session?: string | undefined;
  readonly wait?: number | undefined;
}

export function eventRoutes(sessions: Sessions, hearing: Hearing, operation: Operations): OperationRoute[] {
  const common = {
    method: 'GET',
    scope: 'read',
    tag: TAG,
    headers: ['Last-Event-ID'],
    mayBeLive: true,
    query: queries.EventsQuery,
    answers: { 200: ANSWER },
    errors: ['invalid_cursor', 'invalid_format'],
  } as const;
  return [
    operation({
      ...common,
      id: 'listEvents',
      path: '/v1/apps/:app/events',
      summary: 'Hear what happened in an app',
      description: `${WORDS}\n- The policy of the app must have \`events\`, \`history\` or \`webhooks\`; else it is 400.`,
      handle: (asked) => {
        const { app } = asked;
        if (!sessions.keepsEvents(app)) throw noEvents(app);
        return hear(hearing, asked, { app }, () => sessions.keepsEvents(app));
      },
    }),
    operation({
      ...common,
      id: 'listAllEvents',
      path: '/v1/events',
      narrowsApps: true,
      summary: 'Hear what happened in all apps that this key may see',
      description: `${WORDS}\n- A key for all apps hears of changes of the policy and of the keys, too (\`policy.changed\`, \`key.changed\`).\n- Events of one app are in order; those of several come about as they happened.`,
      handle: (asked) => hear(hearing, asked, { apps: asked.c.env.principal?.apps ?? '*' }, () => true),
    }),
  ];
}

async function hear(hearing: Hearing, asked: Asked<Query>, whose: Whose, isKept: () => boolean): Promise<Reply> {
  const { c, query } = asked;
  const filter = {
    types: typesOf(query),
    subject: query.subject === undefined ? null : checkPathSubject(query.subject),
    session: query.session ?? null,
  };
  return wantsStream(c) ? stream(hearing, asked, whose, filter, isKept) : page(hearing, asked, whose, filter);
}

async function page(hearing: Hearing, { c, query }: Asked<Query>, whose: Whose, filter: EventFilter): Promise<Reply> {
  const { after, limit = LIMIT, wait = 0 } = query;
  const departure = departureOf(c);
  const { streams } = c.env;
  try {
    const { events, next, isGone, isEnd } = await hearing.page({
      ...{ whose, filter, limit, wait: milliseconds(wait), signal: departure.signal },
      begin: after === undefined ? 'oldest' : beginAt(whose, after),
      // Who waits keeps nobody else from being served.
      onWait: () => streams?.rest(),
      onWaited: () => streams?.goOn(),
    });
    const more = isEnd ? '' : ',"more":true';
    return answer(c, `{"events":[${events.join(',')}],"next":"${next}"${more}${isGone ? ',"resync":true' : ''}}`);
  } finally {
    departure.end();
  }
}

const STREAM_HEADERS = { ...HEADERS, 'Content-Type': STREAM_TYPE, 'X-Accel-Buffering': 'no' };

async function stream(
  hearing: Hearing,
  { c, query, now }: Asked<Query>,
  whose: Whose,
  filter: EventFilter,
  isKept: () => boolean,
): Promise<Reply> {
  for (const name of ['limit', 'wait'] as const) {
    if (query[name] === undefined) continue;
    throw invalid([{ in: 'query', at: name, rule: 'context', message: `${name} is for pages, and this is a stream` }]);
  }
  const last = headerOf(c, 'Last-Event-ID') ?? '';
  // A client that comes again sends the query of its first request, and what it has heard since.
  const begin = last === '' ? beginAt(whose, query.after ?? END) : readEventCursor(whose, last, LAST_EVENT_ID);
  const head = { status: 200, headers: STREAM_HEADERS, body: null };
  if (c.req.method === 'HEAD') return head;
  const { isStillAllowed } = c.env;
  const startedAt = performance.now();
  const nowAgain = () => now + performance.now() - startedAt;
  const mayGoOn = () => isKept() && (isStillAllowed === undefined || isStillAllowed(nowAgain()));
  return { ...head, live: await hearing.open({ whose, filter, begin, mayGoOn }) };
}

const END = 'end';
const LAST_EVENT_ID = { in: 'header', at: 'Last-Event-ID' } as const;

function beginAt(whose: Whose, after: string): Exclude<Begin, 'oldest'> {
  if (after === END) return 'end';
  return instantIn('after', after) ?? readEventCursor(whose, after, { in: 'query', at: 'after' });
}

const KNOWN: ReadonlySet<string> = new Set(EVENT_TYPES);

function typesOf({ types }: Query): EventFilter['types'] {
  if (types === undefined) return null;
  const names = types.split(',');
  if (names.every((name) => KNOWN.has(name))) return new Set(names);
  const message = `types must be among ${EVENT_TYPES.join(', ')}, with commas between them`;
  throw invalid([{ in: 'query', at: 'types', rule: 'enum', message }]);
}

/** Tells whether a stream is asked for: by name, and not less than JSON. A browser's EventSource names it alone. */
function wantsStream({ req }: Call): boolean {
  let [stream, json] = [0, 0];
  for (const range of (req.header('accept') ?? '').toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
    if (type === STREAM_TYPE) stream = quality;
    if (type === 'application/json') json = quality;
  }
  return stream > 0 && stream >= json;
}

function noEvents(app: string) {
  const message = `${app} keeps no events: its policy must say "events": true`;
  return invalid([{ in: 'path', at: 'app', rule: 'events', message }]);
}
