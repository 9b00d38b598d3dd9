/** What a dry run has found: how many, whose, and a few of them to look at before anything ends. */
import { Button } from '../../design/button.tsx';
import { downloadLines } from '../../design/download.ts';
import { EmptyState } from '../../design/states.tsx';
import { Time } from '../../design/time.tsx';
import { number, t } from '../../messages/index.ts';
import { to } from '../../state/place.ts';
import { may } from '../../state/session.ts';
import { DeviceName } from '../sessions/device-name.tsx';
import type { BulkPlan } from './plan.ts';

interface FoundProps {
  readonly app: string;
  readonly plan: BulkPlan;
  /** When it was looked. */
  readonly at: string;
  readonly onEnd: () => void;
}

export function Found({ app, plan, at, onEnd }: FoundProps) {
  const scope = plan.isEverybody ? 'admin' : 'revoke';
  if (plan.count === 0) {
    return (
      <div class="card">
        <EmptyState icon="search" title={t('bulk.nothing')}>
          {plan.without.length > 0 ? t('bulk.nothingSubjects') : t('bulk.nothingText')}
        </EmptyState>
      </div>
    );
  }
  const download = () =>
    downloadLines(`${app}-to-end`, plan.isEverybody ? plan.sample : plan.ids.map((session) => ({ session })));
  return (
    <section class="card" aria-labelledby="bulk-found">
      <div class="bulk-found-head">
        <div>
          <h2 id="bulk-found">{t('bulk.wouldEnd', plan.count, number(plan.count))}</h2>
          <p class="soft">
            {plan.isEverybody
              ? t('bulk.everybody', app)
              : t(
                  'bulk.ofSubjects',
                  plan.subjects,
                  number(plan.subjects),
                  number(plan.guests),
                  number(plan.before),
                )}{' '}
            · <Time at={at} />
          </p>
        </div>
        <div class="bulk-found-actions">
          <Button icon="download" onClick={download}>
            {t('action.download')}
          </Button>
          <Button
            kind="danger strong"
            icon="end"
            why={may(scope) ? null : t('state.needsScope', scope)}
            onClick={onEnd}
          >
            {t('bulk.end', plan.count, number(plan.count))}
          </Button>
        </div>
      </div>
      {!may(scope) && <p class="bulk-without soft">{t('state.needsScope', scope)}</p>}
      {plan.without.length > 0 && (
        <p class="bulk-without soft any-text">
          {t('bulk.without', plan.without.length, number(plan.without.length))}: {plan.without.slice(0, 20).join(', ')}
          {plan.without.length > 20 && ' …'}
        </p>
      )}
      <div class="bulk-found">
        {plan.bySubject.length > 0 && (
          <div>
            <h3>{t('bulk.bySubject')}</h3>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must scroll by keyboard, too. */}
            <section class="bulk-scroll" tabIndex={0} aria-label={t('bulk.bySubject')}>
              <ul>
                {plan.bySubject.map(({ subject, sessions }) => (
                  <li key={subject}>
                    <a class="cut" href={to('/apps/:app/subjects/:subject', { app, subject })}>
                      {subject}
                    </a>
                    <span class="soft">{number(sessions)}</span>
                  </li>
                ))}
              </ul>
              {plan.subjects > plan.bySubject.length && (
                <p class="faint bulk-more">{t('bulk.moreSubjects', number(plan.subjects - plan.bySubject.length))}</p>
              )}
            </section>
          </div>
        )}
        <div>
          <h3>{t('bulk.sample', number(plan.sample.length))}</h3>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must scroll by keyboard, too. */}
          <section class="bulk-scroll" tabIndex={0} aria-label={t('bulk.sample', number(plan.sample.length))}>
            <ul class="bulk-sample">
              {plan.sample.map((session) => (
                <li key={session.id}>
                  <DeviceName userAgent={session.userAgent} />
                  <span class="cut">
                    {session.subject ?? <span class="faint">{t('sessions.noSubject')}</span>}
                    {session.label !== null && <span class="soft"> · {session.label}</span>}
                  </span>
                  <span class="soft cut">{session.ip ?? '–'}</span>
                  <span class="soft">
                    <Time at={session.lastSeenAt} />
                  </span>
                </li>
              ))}
            </ul>
          </section>
        </div>
      </div>
    </section>
  );
}
