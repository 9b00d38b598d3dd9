/** A session that is not there: what the history of its subject says of it, or that nobody knows it. */
import { Problem } from '../../api/problem.ts';
import { part, v1 } from '../../api/request.ts';
import type { HistoryEntry } from '../../api/types.ts';
import { Badge } from '../../design/badge.tsx';
import { EmptyState } from '../../design/states.tsx';
import { t } from '../../messages/index.ts';
import { reasonText, reasonTone } from '../sessions/reasons.ts';
import { Instant, Pair } from './facts.tsx';

export type PastSession = HistoryEntry;

/** Gives what is kept of a session that has ended. Absence: null, also where no history is kept. */
export async function pastOf(
  app: string,
  subject: string,
  id: string,
  signal: AbortSignal,
): Promise<PastSession | null> {
  const path = `/apps/${part(app)}/subjects/${part(subject)}/history`;
  try {
    const { history } = await v1<{ history: readonly HistoryEntry[] }>(path, { signal });
    return history.find((entry) => entry.id === id) ?? null;
  } catch (error) {
    if (error instanceof Problem && error.status === 400) return null;
    throw error;
  }
}

export function EndedFacts(props: {
  readonly id: string;
  readonly past: PastSession | null;
  readonly hasSubject: boolean;
}) {
  const { id, past, hasSubject } = props;
  if (past === null) {
    return (
      <EmptyState icon="clock" title={t('session.gone')}>
        {hasSubject ? t('session.goneHint') : t('session.goneNoSubject')}
      </EmptyState>
    );
  }
  return (
    <dl class="pairs card-body">
      <Pair name={t('session.id')}>
        <code>{id}</code>
      </Pair>
      <Pair name={t('history.ended')}>
        <Instant at={past.endedAt} />
      </Pair>
      <Pair name={t('history.why')}>
        <Badge tone={reasonTone(past.reason)}>{reasonText(past.reason)}</Badge>
      </Pair>
      <Pair name={t('history.by')}>{past.by ?? '–'}</Pair>
      <Pair name={t('history.note')}>{past.note ?? '–'}</Pair>
      <Pair name={t('sessions.label')}>{past.label ?? '–'}</Pair>
      <Pair name={t('sessions.ip')}>{past.ip ?? '–'}</Pair>
      <Pair name={t('session.userAgent')}>{past.userAgent ?? '–'}</Pair>
      <Pair name={t('session.created')}>
        <Instant at={past.createdAt} />
      </Pair>
      <Pair name={t('sessions.lastSeen')}>
        <Instant at={past.lastSeenAt} />
      </Pair>
    </dl>
  );
}
