import type { ComponentChildren } from 'preact';
import type { Session } from '../../api/types.ts';
import { Time } from '../../design/time.tsx';
import { lengthOf, t } from '../../messages/index.ts';
import { now } from '../../state/clock.ts';
import { to } from '../../state/place.ts';
import { may } from '../../state/session.ts';
import { DeadlineBar } from '../sessions/deadline-bar.tsx';
import { absoluteLeft, idleLeft } from '../sessions/deadlines.ts';

/** All that is known of a session. Its data only for those who may see it; that nothing is shown is said. */
export function Facts({ app, session }: { readonly app: string; readonly session: Session }) {
  const {
    id,
    subject,
    label,
    ip,
    userAgent,
    createdAt,
    authenticatedAt,
    lastSeenAt,
    idleTimeout,
    version,
    reads,
    data,
  } = session;
  return (
    <dl class="pairs card-body">
      <Pair name={t('session.id')}>
        <code>{id}</code>
      </Pair>
      <Pair name={t('sessions.subject')}>
        {subject === null ? (
          <span class="faint">{t('sessions.noSubject')}</span>
        ) : (
          <a href={to('/apps/:app/subjects/:subject', { app, subject })}>{subject}</a>
        )}
      </Pair>
      <Pair name={t('sessions.label')}>{label ?? '–'}</Pair>
      <Pair name={t('sessions.ip')}>{ip ?? '–'}</Pair>
      <Pair name={t('session.userAgent')}>
        <span class="soft">{userAgent ?? '–'}</span>
      </Pair>
      <Pair name={t('session.created')}>
        <Instant at={createdAt} />
      </Pair>
      <Pair name={t('session.authenticated')}>
        <Instant at={authenticatedAt} />
      </Pair>
      <Pair name={t('sessions.lastSeen')}>
        <Instant at={lastSeenAt} />
      </Pair>
      <Pair name={t('deadline.idle')}>
        <DeadlineBar left={idleLeft(session, now.value)} what="idle" />
        {idleTimeout !== null && <span class="faint"> {t('session.idleOf', lengthOf(idleTimeout))}</span>}
      </Pair>
      <Pair name={t('deadline.absolute')}>
        <DeadlineBar left={absoluteLeft(session, now.value)} what="absolute" />
      </Pair>
      <Pair name={t('session.counts')}>{t('session.countsOf', version, reads)}</Pair>
      <Pair name={t('session.data')}>
        {data === undefined || !may('data') ? (
          <span class="faint">{t('session.dataHidden')}</span>
        ) : Object.keys(data).length === 0 ? (
          <span class="faint">{t('session.dataEmpty')}</span>
        ) : (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must scroll by keyboard, too.
          <section class="session-data" tabIndex={0} aria-label={t('session.data')}>
            <pre>{JSON.stringify(data, null, 2)}</pre>
          </section>
        )}
      </Pair>
    </dl>
  );
}

export function Pair({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** Both: when exactly, and how long ago. */
export function Instant({ at }: { readonly at: string | null }) {
  if (at === null) return <>–</>;
  return (
    <>
      <Time at={at} show="exact" />{' '}
      <span class="faint">
        (<Time at={at} />)
      </span>
    </>
  );
}
