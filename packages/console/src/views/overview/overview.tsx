/** How an app stands: who is logged in now, who is active, what began and what ended over the last hour or day. */
import { useMemo, useState } from 'preact/hooks';
import { part, v1 } from '../../api/request.ts';
import { useResource } from '../../api/resource.ts';
import { Button } from '../../design/button.tsx';
import { downloadLines } from '../../design/download.ts';
import { Segments } from '../../design/segments.tsx';
import { ErrorState, Skeleton } from '../../design/states.tsx';
import { lengthOf, number, t } from '../../messages/index.ts';
import { exactTime } from '../../messages/times.ts';
import { query, setQuery } from '../../state/place.ts';
import { useEvery } from '../../state/refresh.ts';
import { language, zone } from '../../state/settings.ts';
import type { ViewProps } from '../view.ts';
import './overview.css';
import { BegunPlot, EndedPlot } from './plots.tsx';
import { type Period, plotOf, type Series, tableOf } from './series.ts';
import { StepTable } from './step-table.tsx';

/** Units: milliseconds. */
const AGAIN = 30_000;
/** Units: seconds. */
const WINDOWS = [300, 3600] as const;

interface Counts {
  readonly subjects: number;
  readonly sessions: number;
}

export default function Overview({ params: { app = '' } }: ViewProps) {
  const period: Period = query.value.get('period') === 'day' ? 'day' : 'hour';
  const base = `/apps/${part(app)}`;
  const counts = useResource(`counts ${app}`, async (signal) => {
    const [all, ...active] = await Promise.all([
      v1<Counts>(base, { signal }),
      ...WINDOWS.map((within) => v1<Counts>(`${base}/activity`, { query: { within }, signal })),
    ]);
    return { all, active };
  });
  const series = useResource(`series ${app} ${period}`, (signal) =>
    v1<Series>(`${base}/series`, { query: { period }, signal }),
  );
  useEvery(AGAIN, () => {
    void counts.reload();
    void series.reload();
  });
  return (
    <>
      <div class="page-head">
        <h1>{t('view.overview')}</h1>
        <div class="actions">
          <Segments
            legend={t('overview.period')}
            isLegendHidden
            value={period}
            options={[
              ['hour', t('overview.hour')],
              ['day', t('overview.day')],
            ]}
            onChoose={(value) => setQuery({ period: value === 'hour' ? null : value }, { replace: false })}
          />
          <Button
            icon="download"
            why={series.data === null ? t('state.loading') : null}
            onClick={() => series.data && downloadLines(`${app}-${period}`, stepsOf(series.data))}
          >
            {t('action.download')}
          </Button>
        </div>
      </div>
      {counts.error && counts.data === null ? (
        <div class="card">
          <ErrorState problem={counts.error} onRetry={() => void counts.reload()} />
        </div>
      ) : (
        <Tiles all={counts.data?.all ?? null} active={counts.data?.active ?? null} />
      )}
      {series.error && series.data === null ? (
        <div class="card">
          <ErrorState problem={series.error} onRetry={() => void series.reload()} />
        </div>
      ) : (
        <Plots series={series.data} />
      )}
    </>
  );
}

function Tiles({ all, active }: { readonly all: Counts | null; readonly active: readonly Counts[] | null }) {
  return (
    <dl class="tiles" aria-busy={all === null ? 'true' : undefined}>
      <Tile name={t('overview.sessions')} count={all?.sessions ?? null} more={t('overview.now')} />
      <Tile name={t('overview.subjects')} count={all?.subjects ?? null} more={t('overview.now')} />
      {WINDOWS.map((within, i) => {
        const { sessions = null, subjects = 0 } = active?.[i] ?? {};
        return (
          <Tile
            key={within}
            name={t('overview.active', lengthOf(within))}
            count={sessions}
            more={sessions === null ? '' : t('overview.ofSubjects', subjects, number(subjects))}
          />
        );
      })}
    </dl>
  );
}

function Tile({ name, count, more }: { readonly name: string; readonly count: number | null; readonly more: string }) {
  return (
    <div class="card tile">
      <dt>{name}</dt>
      <dd>
        {count === null ? <Skeleton width="4rem" height="1.75rem" /> : number(count)}
        <div class="tile-more">{more || <Skeleton width="6rem" />}</div>
      </dd>
    </div>
  );
}

function Plots({ series }: { readonly series: Series | null }) {
  const plot = useMemo(() => series && plotOf(series), [series]);
  const [at, setAt] = useState<number | null>(null);
  if (series === null || plot === null) {
    return (
      <div class="plots" role="status">
        <span class="hidden-visually">{t('state.loading')}</span>
        {['begun', 'ended'].map((name) => (
          <div key={name} class="card plot-card">
            <div class="plot-head">
              <Skeleton width="40%" height="1.25rem" />
            </div>
            <div class="plot" />
            <div class="legend">
              <Skeleton width="60%" />
            </div>
          </div>
        ))}
      </div>
    );
  }
  return (
    <>
      <div class="plots">
        <BegunPlot series={series} plot={plot} step={at} onStep={setAt} />
        <EndedPlot series={series} plot={plot} step={at} onStep={setAt} />
      </div>
      {plot.isPartial && (
        <p class="partial">{t('overview.since', exactTime(series.since, language.value, zone.value))}</p>
      )}
      <StepTable series={series} />
    </>
  );
}

/** Gives the steps as objects for a download, the newest first. */
function stepsOf(series: Series): object[] {
  const { reasons, rows } = tableOf(series);
  return rows.map(({ at, created, ended }) => ({
    ...{ app: series.app, at: new Date(at * 1000).toISOString(), seconds: series.step, created },
    ended: Object.fromEntries(reasons.map((reason, i) => [reason, ended[i]])),
  }));
}
