/** One webhook: how it stands, and what can be done about it. */
import { useState } from 'preact/hooks';
import { Problem } from '../../api/problem.ts';
import { Badge, type Tone } from '../../design/badge.tsx';
import { Button } from '../../design/button.tsx';
import { Notice } from '../../design/notice.tsx';
import { Time } from '../../design/time.tsx';
import { toast } from '../../design/toast.tsx';
import { number, problemText, t, textOf } from '../../messages/index.ts';
import { query, setQuery } from '../../state/place.ts';
import { may } from '../../state/session.ts';
import { DeadLetters } from './dead-letters.tsx';
import { ReplayDialog } from './replay-dialog.tsx';
import { enable, type Sent, test, type WebhookState } from './webhooks.ts';

const TONES: Readonly<Record<WebhookState['state'], Tone>> = {
  active: 'good',
  failing: 'danger',
  paused: 'plain',
  disabled: 'warn',
};

interface CardProps {
  readonly app: string;
  readonly webhook: WebhookState;
  /** After something was done. */
  readonly onChange: () => void;
}

export function WebhookCard({ app, webhook, onChange }: CardProps) {
  const { name, kind, state, failure } = webhook;
  const [isBusy, setBusy] = useState(false);
  const [isReplaying, setReplaying] = useState(false);
  const [sent, setSent] = useState<Sent | null>(null);
  const isOpen = query.value.get('letters') === name;
  const why = may('admin') ? null : t('state.needsScope', 'admin');
  const act = async (run: () => Promise<void>) => {
    setBusy(true);
    try {
      await run();
      onChange();
    } catch (error) {
      toast(error instanceof Problem ? problemText(error) : String(error), 'fault');
    } finally {
      setBusy(false);
    }
  };
  const showLetters = () => setQuery({ letters: isOpen ? null : name, letter: null });
  return (
    <section class="card webhook">
      <div class="card-head">
        <h2 class="any-text">{name}</h2>
        <Badge tone={TONES[state] ?? 'plain'}>{textOf(`webhooks.state.${state}`) ?? state}</Badge>
        {kind !== 'events' && <Badge>{kind}</Badge>}
        <div class="webhook-actions">
          {state === 'disabled' && (
            <Button
              size="small"
              kind="primary"
              why={why}
              isBusy={isBusy}
              onClick={() =>
                void act(async () => {
                  const { enabled } = await enable(app, name);
                  toast(enabled ? t('webhooks.enabled', name) : t('webhooks.wasOn', name));
                })
              }
            >
              {t('webhooks.enable')}
            </Button>
          )}
          <Button
            size="small"
            why={why}
            isBusy={isBusy}
            onClick={() => void act(async () => setSent(await test(app, name)))}
          >
            {t('webhooks.test')}
          </Button>
          <Button size="small" why={why} onClick={() => setReplaying(true)}>
            {t('webhooks.replay')}
          </Button>
        </div>
      </div>
      <dl class="webhook-facts">
        <Fact name={t('webhooks.behind')} hint={t('webhooks.behindHint')} count={webhook.behind} />
        <Fact name={t('webhooks.waiting')} hint={t('webhooks.waitingHint')} count={webhook.waiting} />
        <Fact name={t('webhooks.letters')} hint={t('webhooks.lettersHint')} count={webhook.deadLetters} isBad />
        <div>
          <dt>{t('webhooks.delivered')}</dt>
          <dd>
            {webhook.deliveredAt === null ? (
              <span class="faint">{t('webhooks.never')}</span>
            ) : (
              <Time at={webhook.deliveredAt} />
            )}
          </dd>
        </div>
        <div>
          <dt>{t('webhooks.failed')}</dt>
          <dd>
            {webhook.failedAt === null ? (
              <span class="faint">{t('webhooks.never')}</span>
            ) : (
              <Time at={webhook.failedAt} />
            )}
          </dd>
        </div>
      </dl>
      {failure !== null && (state === 'failing' || state === 'disabled') && (
        <div class="webhook-notice">
          <Notice tone={state === 'failing' ? 'danger' : 'warn'}>
            {state === 'disabled' ? t('webhooks.disabledText') : t('webhooks.failure', failure)}
          </Notice>
        </div>
      )}
      {sent !== null && (
        <div class="webhook-notice">
          <Notice tone={sent.delivered ? 'good' : 'danger'} isLive>
            {sent.delivered
              ? t('webhooks.testGood', String(sent.status ?? ''))
              : t('webhooks.testBad', sent.failure ?? String(sent.status ?? ''))}
          </Notice>
        </div>
      )}
      {webhook.deadLetters > 0 || isOpen ? (
        <div class="webhook-letters">
          <Button size="small" kind="quiet" icon="chevron" expanded={isOpen} onClick={showLetters}>
            {t('webhooks.showLetters', webhook.deadLetters, number(webhook.deadLetters))}
          </Button>
          {isOpen && <DeadLetters app={app} webhook={webhook} why={why} onChange={onChange} />}
        </div>
      ) : (
        webhook.dead > 0 && <p class="webhook-letters soft">{t('webhooks.deadEver', number(webhook.dead))}</p>
      )}
      {isReplaying && (
        <ReplayDialog
          app={app}
          name={name}
          onClose={() => setReplaying(false)}
          onDone={(events) => {
            setReplaying(false);
            toast(t('webhooks.replayed', events, number(events)));
            onChange();
          }}
        />
      )}
    </section>
  );
}

function Fact(props: {
  readonly name: string;
  readonly hint: string;
  readonly count: number;
  readonly isBad?: boolean;
}) {
  const { name, hint, count, isBad = false } = props;
  return (
    <div title={hint}>
      <dt>{name}</dt>
      <dd class={count === 0 ? 'webhook-count none' : `webhook-count ${isBad ? 'bad' : ''}`}>{number(count)}</dd>
    </div>
  );
}
