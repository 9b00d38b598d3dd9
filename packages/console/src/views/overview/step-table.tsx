/** What the plots show, in numbers: each step in which something happened, by every reason. */
import { useMemo } from 'preact/hooks';
import { number, t } from '../../messages/index.ts';
import { exactTime } from '../../messages/times.ts';
import { language, zone } from '../../state/settings.ts';
import { reasonText } from '../sessions/reasons.ts';
import { type Series, tableOf } from './series.ts';

export function StepTable({ series }: { readonly series: Series }) {
  const { reasons, rows } = useMemo(() => tableOf(series), [series]);
  return (
    <details class="card plot-table">
      <summary>{t('overview.table')}</summary>
      {rows.length === 0 ? (
        <p class="card-body soft">{t('overview.nothing')}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: who scrolls by keyboard must reach what scrolls.
        <section class="table-wrap" tabIndex={0} aria-label={t('overview.table')}>
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t('overview.step')}</th>
                <th scope="col" class="number">
                  {t('overview.begun')}
                </th>
                {reasons.map((reason) => (
                  <th key={reason} scope="col" class="number">
                    {reasonText(reason)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ at, created, ended }) => (
                <tr key={at}>
                  <td class="nowrap">{exactTime(new Date(at * 1000).toISOString(), language.value, zone.value)}</td>
                  <td class="number">{number(created)}</td>
                  {ended.map((count, i) => (
                    <td key={reasons[i]} class="number">
                      {count === 0 ? <span class="faint">0</span> : number(count)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </details>
  );
}
