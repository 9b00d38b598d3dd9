/** One session: what is known of it, its end, and what happened to it. One that has ended is still told of, as far as it is kept. */
import { useSignal } from '@preact/signals';
import { Problem } from '../../api/problem.ts';
import { part, v1 } from '../../api/request.ts';
import { useResource } from '../../api/resource.ts';
import type { Session } from '../../api/types.ts';
import { Badge } from '../../design/badge.tsx';
import { Button } from '../../design/button.tsx';
import { ErrorState, SkeletonRows } from '../../design/states.tsx';
import { t } from '../../messages/index.ts';
import { query, to } from '../../state/place.ts';
import { may } from '../../state/session.ts';
import { deviceOf } from '../sessions/device.ts';
import { DoneNotice } from '../sessions/done-notice.tsx';
import { type Done, EndDialog } from '../sessions/end-dialog.tsx';
import { nameOf } from '../sessions/session-list.tsx';
import type { Target } from '../sessions/targets.ts';
import type { ViewProps } from '../view.ts';
import { EndedFacts, type PastSession, pastOf } from './ended.tsx';
import { Facts } from './facts.tsx';
import { Timeline } from './timeline.tsx';
import './session.css';

interface Loaded {
  readonly session: Session | null;
  /** What its subject's history tells of it. Absence: null. */
  readonly past: PastSession | null;
}

export default function OneSession({ params }: ViewProps) {
  const [app, id] = [params.app!, params.id!];
  const given = query.value.get('subject');
  const target = useSignal<Target | null>(null);
  const done = useSignal<Done | null>(null);
  const round = useSignal(0);
  const loaded = useResource<Loaded>(`${app} ${id}`, async (signal) => {
    try {
      return { session: await v1<Session>(`/apps/${part(app)}/sessions/${part(id)}`, { signal }), past: null };
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'session_not_found') throw error;
      return { session: null, past: given === null ? null : await pastOf(app, given, id, signal) };
    }
  });
  const { data, error } = loaded;
  const session = data?.session ?? null;
  const subject = session?.subject ?? given;
  const since = session?.createdAt ?? data?.past?.createdAt ?? null;
  const whyNot = may('revoke') ? null : t('state.needsScope', 'revoke');
  const device = deviceOf(session?.userAgent ?? data?.past?.userAgent ?? null).name;
  const title = device === null || device.length > 80 ? (session?.label ?? data?.past?.label ?? id) : device;
  const again = () => {
    void loaded.reload();
    round.value++;
  };

  return (
    <>
      <div class="page-head">
        <div class="any-text">
          <p class="eyebrow">
            {subject === null ? (
              t('session.eyebrow')
            ) : (
              <a href={to('/apps/:app/subjects/:subject', { app, subject })}>{subject}</a>
            )}
          </p>
          <h1>
            {data === null ? t('view.session') : title}{' '}
            {data !== null &&
              (session === null ? (
                <Badge>{t('session.over')}</Badge>
              ) : (
                <Badge tone="good">{t('session.active')}</Badge>
              ))}
          </h1>
        </div>
        <div class="actions">
          <Button icon="reload" kind="quiet" label={t('action.reload')} onClick={again} />
          {session?.subject != null && (
            <Button
              kind="danger"
              why={whyNot}
              onClick={() => {
                target.value = { kind: 'others', subject: session.subject!, except: id };
              }}
            >
              {t('session.endOthers')}
            </Button>
          )}
          {session !== null && (
            <Button
              kind="danger"
              icon="end"
              why={whyNot}
              onClick={() => {
                target.value = { kind: 'sessions', ids: [id] };
              }}
            >
              {t('session.end')}
            </Button>
          )}
        </div>
      </div>
      {done.value !== null && (
        <div class="sessions-done">
          <DoneNotice done={done.value} />
        </div>
      )}
      <div class="session-columns">
        <section class="card" aria-labelledby="facts">
          <div class="card-head">
            <h2 id="facts">{t('session.facts')}</h2>
          </div>
          {error !== null && data === null ? (
            <ErrorState problem={error} onRetry={again} />
          ) : data === null ? (
            <SkeletonRows rows={8} />
          ) : session !== null ? (
            <Facts app={app} session={session} />
          ) : (
            <EndedFacts id={id} past={data.past} hasSubject={given !== null} />
          )}
        </section>
        {data !== null && <Timeline app={app} id={id} since={since} round={round.value} />}
      </div>
      {target.value !== null && session !== null && (
        <EndDialog
          app={app}
          subject={session.subject}
          target={target.value}
          device={nameOf(session)}
          onClose={() => {
            target.value = null;
          }}
          onDone={(what) => {
            target.value = null;
            done.value = what;
            again();
          }}
        />
      )}
    </>
  );
}
