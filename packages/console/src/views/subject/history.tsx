/** What has ended of a subject: when, why, by whom, and what that one said. */
import { part, v1 } from '../../api/request.ts';
import { useResource } from '../../api/resource.ts';
import type { HistoryEntry } from '../../api/types.ts';
import { Badge } from '../../design/badge.tsx';
import { Button } from '../../design/button.tsx';
import { downloadLines } from '../../design/download.ts';
import { EmptyState, ErrorState, SkeletonRows } from '../../design/states.tsx';
import { Time } from '../../design/time.tsx';
import { t } from '../../messages/index.ts';
import { to } from '../../state/place.ts';
import { DeviceName } from '../sessions/device-name.tsx';
import { reasonText, reasonTone } from '../sessions/reasons.ts';

export interface HistoryProps {
  readonly app: string;
  readonly subject: string;
  readonly round: number;
}

export function History({ app, subject, round }: HistoryProps) {
  const path = `/apps/${part(app)}/subjects/${part(subject)}/history`;
  const loaded = useResource(`${path} ${round}`, (signal) =>
    v1<{ history: readonly HistoryEntry[] }>(path, { signal }),
  );
  const entries = loaded.data?.history ?? [];
  const { error } = loaded;
  return (
    <section class="card" aria-label={t('subject.history')} aria-busy={loaded.isLoading}>
      <div class="card-head sessions-head">
        <span class="soft">{t('history.intro')}</span>
        <span class="sessions-actions">
          <Button
            size="small"
            kind="quiet"
            icon="reload"
            label={t('action.reload')}
            onClick={() => void loaded.reload()}
          />
          <Button
            size="small"
            kind="quiet"
            icon="download"
            label={t('action.download')}
            why={entries.length === 0 ? t('sessions.nothingShown') : null}
            onClick={() => downloadLines(`history-${app}-${subject}`, entries)}
          />
        </span>
      </div>
      {error !== null && loaded.data === null ? (
        error.status === 400 ? (
          <EmptyState icon="policy" title={t('history.off', app)}>
            {t('history.offHint')} <code>{'"history": {"days": 90}'}</code>
          </EmptyState>
        ) : (
          <ErrorState problem={error} onRetry={() => void loaded.reload()} />
        )
      ) : loaded.data === null ? (
        <SkeletonRows />
      ) : entries.length === 0 ? (
        <EmptyState icon="clock" title={t('history.empty')}>
          {t('history.emptyHint')}
        </EmptyState>
      ) : (
        <div class="sessions-wrap">
          <table class="table sessions history">
            <thead>
              <tr>
                <th scope="col" class="device">
                  {t('sessions.device')}
                </th>
                <th scope="col" class="label">
                  {t('sessions.label')}
                </th>
                <th scope="col" class="ip">
                  {t('sessions.ip')}
                </th>
                <th scope="col" class="last">
                  {t('history.ended')}
                </th>
                <th scope="col" class="why">
                  {t('history.why')}
                </th>
                <th scope="col" class="by">
                  {t('history.by')}
                </th>
                <th scope="col" class="note">
                  {t('history.note')}
                </th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <Row key={`${entry.id} ${entry.endedAt}`} {...{ app, subject, entry }} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Row({
  app,
  subject,
  entry,
}: {
  readonly app: string;
  readonly subject: string;
  readonly entry: HistoryEntry;
}) {
  const { id, userAgent, label, ip, endedAt, reason, by, note } = entry;
  return (
    <tr>
      <td class="device">
        <a class="device-link" href={to('/apps/:app/sessions/:id', { app, id }, { subject })}>
          <DeviceName userAgent={userAgent} />
        </a>
      </td>
      <td class={label === null ? 'label none' : 'label'} title={label ?? undefined}>
        <span class="cut">{label ?? '–'}</span>
      </td>
      <td class={ip === null ? 'ip none' : 'ip'} title={ip ?? undefined}>
        <span class="cut">{ip ?? '–'}</span>
      </td>
      <td class="last">
        <span class="cell-label">{t('history.ended')} </span>
        <Time at={endedAt} />
      </td>
      <td class="why">
        <Badge tone={reasonTone(reason)}>{reasonText(reason)}</Badge>
      </td>
      <td class="by any-text">
        <span class="cell-label">{t('history.by')} </span>
        {by ?? '–'}
      </td>
      <td class={note === null ? 'note none' : 'note any-text'}>{note ?? '–'}</td>
    </tr>
  );
}
