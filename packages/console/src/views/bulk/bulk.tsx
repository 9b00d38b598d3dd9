/** Ends many sessions: says which, looks how many that is, asks, does it, and tells what came of it. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Button } from '../../design/button.tsx';
import { ErrorState } from '../../design/states.tsx';
import { number, t } from '../../messages/index.ts';
import type { ViewProps } from '../view.ts';
import './bulk.css';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { FilterForm } from './filter-form.tsx';
import { Found } from './found.tsx';
import { Outcome } from './outcome.tsx';
import { Progress } from './progress.tsx';
import { type BulkState, bulkOf } from './running.ts';

export default function BulkEnd({ params: { app = '' } }: ViewProps) {
  const bulk = useMemo(() => bulkOf(app), [app]);
  const state = bulk.state.value;
  const [isAsking, setAsking] = useState(false);
  const isEnding = state.is === 'ending';
  useEffect(() => {
    if (!isEnding) return;
    // Who leaves the page stops it halfway.
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [isEnding]);
  return (
    <div class="bulk">
      <div class="page-head">
        <h1>{t('view.bulk')}</h1>
        <p class="sub">{t('bulk.text')}</p>
      </div>
      <FilterForm bulk={bulk} />
      <p class="hidden-visually" role="status">
        {saidOf(state)}
      </p>
      {state.is === 'looking' && (
        <Progress
          text={t('bulk.looking')}
          done={state.progress?.looked ?? 0}
          of={state.progress?.of ?? 0}
          more={t('bulk.foundSoFar', state.progress?.found ?? 0)}
          action={<Button onClick={() => bulk.stop()}>{t('action.cancel')}</Button>}
        />
      )}
      {state.is === 'failed' && (
        <div class="card">
          <ErrorState problem={state.problem} onRetry={() => bulk.forget()} />
        </div>
      )}
      {state.is === 'found' && <Found app={app} plan={state.plan} at={state.at} onEnd={() => setAsking(true)} />}
      {state.is === 'ending' && (
        <Progress
          text={t('bulk.ending')}
          done={state.progress?.done ?? 0}
          of={state.progress?.of ?? 0}
          more={t('bulk.endedSoFar', state.progress?.ended ?? 0)}
          action={
            <Button kind="danger" onClick={() => bulk.stop()}>
              {t('bulk.stop')}
            </Button>
          }
        />
      )}
      {state.is === 'done' && <Outcome app={app} result={state.result} onAgain={() => bulk.forget()} />}
      {isAsking && state.is === 'found' && (
        <ConfirmDialog
          app={app}
          plan={state.plan}
          onClose={() => setAsking(false)}
          onConfirm={(reason) => {
            setAsking(false);
            void bulk.end(state.plan, reason);
          }}
        />
      )}
    </div>
  );
}

/** What is read aloud when something begins or is over; how far it is can be asked for. */
function saidOf(state: BulkState): string {
  if (state.is === 'looking') return t('bulk.looking');
  if (state.is === 'ending') return t('bulk.ending');
  if (state.is !== 'found') return '';
  const { count } = state.plan;
  return count === 0 ? t('bulk.nothing') : t('bulk.wouldEnd', count, number(count));
}
