/** v1: what was created and ended in an app of late, as numbers for a plot. */
import { z } from 'zod';
import { instantText } from '../message/instant-text.ts';
import { answer } from '../message/route.ts';
import { SERIES_PERIODS, type SeriesOf } from '../message/series.ts';
import type { OperationRoute, Operations } from '../operation/operation.ts';

const instant = z.iso.datetime({ precision: 3 });
const counts = z.array(z.int().min(0));
const SeriesPeriod = z
  .enum(SERIES_PERIODS)
  .meta({ id: 'SeriesPeriod', description: '`hour`: the last one by the minute. `day`: by the quarter of an hour.' });
const Series = z
  .object({
    app: z.string(),
    period: SeriesPeriod,
    step: z.int().describe('Seconds from number to number: 60 or 900.'),
    from: instant.describe('When the first step began.'),
    since: instant.describe('What happened before, this server has not counted.'),
    created: counts.describe('Sessions that were created, step by step: the oldest first, the last one is under way.'),
    ended: z
      .record(z.string(), counts)
      .describe(
        'Sessions that ended, by the reason: by their token (`logout`), by their id (`revoked`), with all of a `subject`, with all of the `app`, to make room under the cap of a subject (`cap`), or removed after their timeout (`expired`).',
      ),
  })
  .meta({ id: 'Series', description: 'What was counted in an app of late.' });

const SeriesQuery = z.strictObject({
  period: z
    .enum(SERIES_PERIODS)
    .default('hour')
    .describe('The last hour by the minute, or the last day by 15 minutes.'),
});

const none = Array<number>(57).fill(0);
const EXAMPLE = {
  app: 'shop',
  period: 'hour',
  step: 60,
  from: '2026-11-26T06:19:00.000Z',
  since: '2026-11-24T12:00:00.000Z',
  created: [...none, 4, 9, 2],
  ended: {
    logout: [...none, 1, 3, 0],
    revoked: [...none, 0, 0, 0],
    subject: [...none, 0, 2, 0],
    app: [...none, 0, 0, 0],
    cap: [...none, 0, 0, 0],
    expired: [...none, 5, 0, 1],
  },
};

export function seriesRoute(seriesOf: SeriesOf, operation: Operations): OperationRoute {
  return operation({
    id: 'getSeries',
    method: 'GET',
    path: '/v1/apps/:app/series',
    scope: 'read',
    tag: 'overview',
    summary: 'Look at what was created and ended of late',
    description:
      'Gives the numbers of a plot over the last hour or day: sessions that were created, and those that ended by the reason. They are counted by this server, all of its processes together, in memory: what other servers do on the same store is not in them, and with a restart they begin at `since`. Sessions that expired count when they are removed, and not at their deadline. For more than a day there is `/metrics`. It costs the store nothing.',
    query: SeriesQuery,
    answers: { 200: { description: 'The numbers.', schema: Series, example: EXAMPLE } },
    errors: [],
    handle: async ({ c, now, app, query: { period } }) => {
      const { step, from, since, created, ended } = await seriesOf(app, period, now);
      const times = { step: step / 1000, from: instantText(from), since: instantText(since) };
      return answer(c, JSON.stringify({ app, period, ...times, created, ended }));
    },
  });
}
