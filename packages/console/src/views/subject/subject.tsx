/** One subject: where it is logged in, and what has ended. */
import { useSignal } from '@preact/signals';
import { useResource } from '../../api/resource.ts';
import { Button } from '../../design/button.tsx';
import { Skeleton } from '../../design/states.tsx';
import { t } from '../../messages/index.ts';
import { query, to } from '../../state/place.ts';
import { may } from '../../state/session.ts';
import { DoneNotice } from '../sessions/done-notice.tsx';
import { type Done, EndDialog } from '../sessions/end-dialog.tsx';
import { countOf } from '../sessions/ending.ts';
import { pathOfSubject } from '../sessions/first-page.ts';
import { SessionList } from '../sessions/session-list.tsx';
import type { ViewProps } from '../view.ts';
import { History } from './history.tsx';
import { NoDevices } from './no-devices.tsx';

export default function Subject({ params }: ViewProps) {
  const [app, subject] = [params.app!, params.subject!];
  const tab = query.value.get('tab') === 'history' ? 'history' : 'devices';
  const count = useResource(`${app} ${subject}`, (signal) => countOf(app, subject, signal));
  const isEnding = useSignal(false);
  const done = useSignal<Done | null>(null);
  const round = useSignal(0);
  const whyNot = may('revoke')
    ? count.data === 0
      ? t('subject.nothingToEnd')
      : null
    : t('state.needsScope', 'revoke');
  return (
    <>
      <div class="page-head">
        <div class="any-text">
          <p class="eyebrow">{t('subject.eyebrow')}</p>
          <h1>{subject}</h1>
        </div>
        <div class="actions">
          <Button
            kind="danger"
            icon="end"
            why={whyNot}
            onClick={() => {
              isEnding.value = true;
            }}
          >
            {t('subject.endAll')}
          </Button>
        </div>
      </div>
      <nav class="tabs" aria-label={t('subject.tabs')}>
        <a
          href={to('/apps/:app/subjects/:subject', { app, subject })}
          aria-current={tab === 'devices' ? 'page' : undefined}
        >
          {t('subject.devices')}
          <span class="badge">{count.data ?? (count.error === null ? <Skeleton width="1ch" /> : '–')}</span>
        </a>
        <a
          href={to('/apps/:app/subjects/:subject', { app, subject }, { tab: 'history' })}
          aria-current={tab === 'history' ? 'page' : undefined}
        >
          {t('subject.history')}
        </a>
      </nav>
      {done.value !== null && (
        <div class="sessions-done">
          <DoneNotice done={done.value} />
        </div>
      )}
      {tab === 'history' ? (
        <History app={app} subject={subject} round={round.value} />
      ) : (
        <SessionList
          app={app}
          subject={subject}
          path={pathOfSubject(app, subject)}
          label={t('subject.devicesOf', subject)}
          round={round.value}
          onDone={() => {
            done.value = null;
            void count.reload();
          }}
          empty={<NoDevices app={app} subject={subject} />}
        />
      )}
      {isEnding.value && (
        <EndDialog
          app={app}
          subject={subject}
          target={{ kind: 'subject', subject }}
          device={null}
          onClose={() => {
            isEnding.value = false;
          }}
          onDone={(what) => {
            isEnding.value = false;
            done.value = what;
            round.value++;
            void count.reload();
          }}
        />
      )}
    </>
  );
}
