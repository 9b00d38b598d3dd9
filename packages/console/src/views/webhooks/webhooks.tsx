/** Who is told of events by HTTP: whether the receivers take what they are sent, and what was given up. */

import { useResource } from '../../api/resource.ts';
import { Button } from '../../design/button.tsx';
import { downloadLines } from '../../design/download.ts';
import { EmptyState, ErrorState, SkeletonRows } from '../../design/states.tsx';
import { t } from '../../messages/index.ts';
import { useEvery } from '../../state/refresh.ts';
import { may } from '../../state/session.ts';
import type { ViewProps } from '../view.ts';
import { WebhookCard } from './webhook-card.tsx';
import './webhooks.css';
import { webhooksOf } from './webhooks.ts';

/** Units: milliseconds. */
const AGAIN = 5000;

export default function Webhooks({ params: { app = '' } }: ViewProps) {
  const webhooks = useResource(`webhooks ${app}`, (signal) => webhooksOf(app, signal));
  useEvery(AGAIN, () => void webhooks.reload());
  const { data, error } = webhooks;
  return (
    <>
      <div class="page-head">
        <h1>{t('view.webhooks')}</h1>
        <div class="actions">
          <Button
            icon="download"
            why={data === null || data.length === 0 ? t('webhooks.none') : null}
            onClick={() => data && downloadLines(`${app}-webhooks`, data)}
          >
            {t('action.download')}
          </Button>
        </div>
        {!may('admin') && <p class="sub">{t('webhooks.readOnly')}</p>}
      </div>
      {data === null || data.length === 0 ? (
        <div class="card">
          {data !== null && (
            <EmptyState icon="webhooks" title={t('webhooks.none')}>
              {t('webhooks.noneText')}
            </EmptyState>
          )}
          {data === null && error === null && <SkeletonRows rows={6} />}
          {data === null && error !== null && <ErrorState problem={error} onRetry={() => void webhooks.reload()} />}
        </div>
      ) : (
        <div class="webhooks">
          {data.map((webhook) => (
            <WebhookCard key={webhook.name} app={app} webhook={webhook} onChange={() => void webhooks.reload()} />
          ))}
        </div>
      )}
    </>
  );
}
