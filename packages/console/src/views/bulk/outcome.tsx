/** What came of a bulk end: the truth as the server counts it, and what could not be ended. */
import { useEffect, useRef } from 'preact/hooks';
import { Button } from '../../design/button.tsx';
import { downloadLines } from '../../design/download.ts';
import { Icon } from '../../design/icon.tsx';
import { number, t, textOf } from '../../messages/index.ts';
import { to } from '../../state/place.ts';
import type { RunResult } from './run.ts';

interface OutcomeProps {
  readonly app: string;
  readonly result: RunResult;
  readonly onAgain: () => void;
}

export function Outcome({ app, result, onAgain }: OutcomeProps) {
  const { ended, gone, spared, failed, failures, isStopped, left, before, after } = result;
  const heading = useRef<HTMLHeadingElement>(null);
  // The dialog that began it is gone: who waits by ear or by keyboard goes on here.
  useEffect(() => heading.current?.focus(), []);
  const isWhole = failed === 0 && !isStopped;
  return (
    <section class="card">
      <div class={isWhole ? 'bulk-outcome good' : 'bulk-outcome warn'}>
        <Icon name={isWhole ? 'check' : 'warn'} />
        <div>
          <h2 ref={heading} tabIndex={-1}>
            {t('bulk.ended', ended, number(ended))}
          </h2>
          <p>
            {[
              isStopped && t('bulk.stopped', number(left)),
              gone > 0 && t('bulk.gone', gone, number(gone)),
              spared > 0 && t('bulk.spared', spared, number(spared)),
              failed > 0 && t('bulk.failed', failed, number(failed)),
            ]
              .filter(Boolean)
              .join(' ')}
          </p>
        </div>
        <dl class="end-counts">
          <div>
            <dt>{t('bulk.before')}</dt>
            <dd>{number(before)}</dd>
          </div>
          <div>
            <dt>{t('bulk.now')}</dt>
            <dd>{after === null ? '–' : number(after)}</dd>
          </div>
        </dl>
      </div>
      {failures.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must scroll by keyboard, too.
        <section class="bulk-scroll bulk-failures" tabIndex={0} aria-label={t('bulk.failures')}>
          <ul>
            {failures.slice(0, 200).map(({ what, code, detail }) => (
              <li key={what}>
                <span class="mono any-text">{what === '' ? app : what}</span>
                <span class="soft any-text">{textOf(`problem.${code}`) ?? (detail === '' ? code : detail)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      <div class="bulk-after">
        {failures.length > 0 && (
          <Button icon="download" onClick={() => downloadLines(`${app}-not-ended`, failures)}>
            {t('bulk.downloadFailures')}
          </Button>
        )}
        <a class="button" href={to('/apps/:app', { app })}>
          {t('view.overview')}
        </a>
        <Button kind="primary" onClick={onAgain}>
          {t('bulk.again')}
        </Button>
      </div>
    </section>
  );
}
