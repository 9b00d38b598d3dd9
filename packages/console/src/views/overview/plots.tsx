/** The two plots of an app: what began, and what ended by why. */
import { useMemo } from 'preact/hooks';
import { number, t } from '../../messages/index.ts';
import { exactTime } from '../../messages/times.ts';
import { language, zone } from '../../state/settings.ts';
import { Plot } from './plot.tsx';
import { END_GROUPS, type EndGroup, type Series, type SeriesPlot } from './series.ts';

interface PlotCardProps {
  readonly series: Series;
  readonly plot: SeriesPlot;
  /** Where the pointer is: both plots tell of the same step. Absence: null. */
  readonly step: number | null;
  readonly onStep: (step: number | null) => void;
}

export function BegunPlot({ series, plot, step, onStep }: PlotCardProps) {
  const drawn = useMemo(() => [{ color: '--plot-begun', values: plot.created }], [plot]);
  const { busiest, totals } = plot;
  const summary =
    busiest === null
      ? t('overview.begunNone')
      : t('overview.begunSummary', number(totals.created), number(busiest.created), instantOf(busiest.at));
  const now = step === null ? null : (plot.created[step] ?? null);
  return (
    <section class="card plot-card">
      <div class="plot-head">
        <h2>{t('overview.begun')}</h2>
        <span class="plot-total">{number(totals.created)}</span>
        <span class="plot-at" aria-hidden="true">
          {step !== null &&
            plot.at[step] !== undefined &&
            `${clockOf(plot.at[step])} · ${now === null ? '–' : number(now)}`}
        </span>
      </div>
      <Plot at={plot.at} step={series.step} series={drawn} summary={summary} onStep={onStep} />
      <ul class="legend">
        <li>
          <span class="swatch begun" />
          {t('overview.begunLegend')}
          {busiest !== null && (
            <span class="count">{t('overview.busiest', number(busiest.created), clockOf(busiest.at))}</span>
          )}
        </li>
      </ul>
    </section>
  );
}

export function EndedPlot({ series, plot, step, onStep }: PlotCardProps) {
  const shown = useMemo(() => END_GROUPS.filter((group) => plot.totals.byGroup[group] > 0), [plot]);
  // The highest stack is drawn first, and those below it over it.
  const drawn = useMemo(
    () => [...shown].reverse().map((group) => ({ color: `--plot-${group}`, values: plot.stacked[group] })),
    [plot, shown],
  );
  const { totals } = plot;
  const parts = shown.map((group) => `${groupText(group)} ${number(totals.byGroup[group])}`);
  const summary =
    totals.ended === 0 ? t('overview.endedNone') : t('overview.endedSummary', number(totals.ended), parts.join(', '));
  const ofStep = (index: number) =>
    shown
      .map((group) => [group, plot.groups[group][index] ?? 0] as const)
      .filter(([, count]) => count > 0)
      .map(([group, count]) => `${groupText(group)} ${number(count)}`);
  return (
    <section class="card plot-card">
      <div class="plot-head">
        <h2>{t('overview.ended')}</h2>
        <span class="plot-total">{number(totals.ended)}</span>
        <span class="plot-at" aria-hidden="true">
          {step !== null && plot.at[step] !== undefined && [clockOf(plot.at[step]), ...ofStep(step)].join(' · ')}
        </span>
      </div>
      <Plot at={plot.at} step={series.step} series={drawn} summary={summary} onStep={onStep} />
      <ul class="legend">
        {shown.length === 0 && <li class="soft">{t('overview.endedNone')}</li>}
        {shown.map((group) => (
          <li key={group}>
            <span class={`swatch ${group}`} />
            {groupText(group)}
            <span class="count">{number(totals.byGroup[group])}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function groupText(group: EndGroup): string {
  return t(`overview.group.${group}`);
}

function instantOf(second: number): string {
  return exactTime(new Date(second * 1000).toISOString(), language.value, zone.value);
}

export function clockOf(second: number): string {
  return new Date(second * 1000).toLocaleTimeString(language.value, {
    ...{ hour: '2-digit', minute: '2-digit' },
    ...(zone.value === 'utc' && { timeZone: 'UTC' }),
  });
}
