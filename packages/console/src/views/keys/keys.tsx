/** Who may call this server: the keys with their scopes and apps, which end soon, and which nobody uses. */
import { v1 } from '../../api/request.ts';
import { useResource } from '../../api/resource.ts';
import { Badge } from '../../design/badge.tsx';
import { Button } from '../../design/button.tsx';
import { downloadLines } from '../../design/download.ts';
import { Notice } from '../../design/notice.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../../design/states.tsx';
import { Time } from '../../design/time.tsx';
import { number, t } from '../../messages/index.ts';
import { now } from '../../state/clock.ts';
import { useEvery } from '../../state/refresh.ts';
import { type KeyEntry, ordered, stateOf } from './keys.ts';
import './keys.css';

/** Units: milliseconds. */
const AGAIN = 30_000;

export default function Keys() {
  const keys = useResource('keys', (signal) => v1<{ keys: readonly KeyEntry[] }>('/keys', { signal }));
  useEvery(AGAIN, () => void keys.reload());
  const { data, error } = keys;
  return (
    <>
      <div class="page-head">
        <h1>{t('view.keys')}</h1>
        <div class="actions">
          <Button
            icon="download"
            why={data === null || data.keys.length === 0 ? t('apiKeys.none') : null}
            onClick={() => data && downloadLines('keys', data.keys)}
          >
            {t('action.download')}
          </Button>
        </div>
        <p class="sub">{t('apiKeys.text')}</p>
      </div>
      {data === null ? (
        <div class="card">
          {error === null ? (
            <SkeletonRows rows={6} />
          ) : (
            <ErrorState problem={error} onRetry={() => void keys.reload()} />
          )}
        </div>
      ) : (
        <List keys={ordered(data.keys, now.value)} />
      )}
    </>
  );
}

function List({ keys }: { readonly keys: readonly KeyEntry[] }) {
  if (keys.length === 0) {
    return (
      <div class="card">
        <EmptyState icon="keys" title={t('apiKeys.none')}>
          {t('apiKeys.noneText')}{' '}
          <code class="snippet">rest-sessions keys create --name NAME --apps APP --scopes verify</code>
        </EmptyState>
      </div>
    );
  }
  const count = (state: string) => keys.filter((key) => stateOf(key, now.value) === state).length;
  const [soon, expired] = [count('soon'), count('expired')];
  return (
    <>
      {(soon > 0 || expired > 0) && (
        <div class="keys-notice">
          <Notice tone="warn">
            {[
              soon > 0 && t('apiKeys.soon', soon, number(soon)),
              expired > 0 && t('apiKeys.expired', expired, number(expired)),
            ]
              .filter(Boolean)
              .join(' ')}
          </Notice>
        </div>
      )}
      <ul class="keys-list card">
        {keys.map((key) => (
          <Key key={`${key.source} ${key.name}`} entry={key} />
        ))}
      </ul>
    </>
  );
}

function Key({ entry }: { readonly entry: KeyEntry }) {
  const state = stateOf(entry, now.value);
  return (
    <li class="key-row">
      <div class="key-name">
        <h2 class="any-text">{entry.name}</h2>
        <span class="faint">
          {entry.source === 'environment' ? t('apiKeys.fromEnvironment') : t('apiKeys.fromFile')}
          {entry.certificate && ` · ${t('apiKeys.certificate')}`}
        </span>
      </div>
      <div class="key-may">
        <p class="key-badges">
          <span class="hidden-visually">{t('apiKeys.scopes')} </span>
          {entry.scopes.map((scope) => (
            <Badge key={scope} tone={scope === 'admin' ? 'accent' : 'plain'}>
              {scope}
            </Badge>
          ))}
        </p>
        <p class="any-text soft">{entry.apps === '*' ? t('menu.appsAll') : t('menu.apps', entry.apps.join(', '))}</p>
      </div>
      <dl class="key-times">
        <div>
          <dt>{t('apiKeys.expires')}</dt>
          <dd>
            {entry.expiresAt === null ? <span class="faint">{t('apiKeys.never')}</span> : <Time at={entry.expiresAt} />}
            {state !== 'valid' && (
              <Badge tone={state === 'soon' ? 'warn' : 'danger'}>
                {state === 'soon' ? t('apiKeys.isSoon') : t('apiKeys.isExpired')}
              </Badge>
            )}
          </dd>
        </div>
        <div>
          <dt>{t('apiKeys.lastUsed')}</dt>
          <dd>
            {entry.lastUsedAt === null ? (
              <span class="faint" title={t('apiKeys.unusedText')}>
                {t('apiKeys.unused')}
              </span>
            ) : (
              <Time at={entry.lastUsedAt} />
            )}
          </dd>
        </div>
        <div>
          <dt>{t('apiKeys.created')}</dt>
          <dd>
            <Time at={entry.createdAt} />
          </dd>
        </div>
      </dl>
    </li>
  );
}
