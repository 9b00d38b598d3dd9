/** Where one finds somebody: what the search led to when it led nowhere, and who was there last. */
import { useEffect } from 'preact/hooks';
import { part } from '../../api/request.ts';
import { Button } from '../../design/button.tsx';
import { Notice } from '../../design/notice.tsx';
import { EmptyState } from '../../design/states.tsx';
import { problemText, t } from '../../messages/index.ts';
import { outcome, search } from '../../shell/searching.ts';
import { query, setQuery } from '../../state/place.ts';
import { SessionList } from '../sessions/session-list.tsx';
import type { ViewProps } from '../view.ts';

export default function Search({ params }: ViewProps) {
  const app = params.app!;
  const asked = query.value.get('q');
  useEffect(() => {
    if (asked === null) return;
    // A link to a search is no place to stay at, and what it asks for must not stay in the history.
    setQuery({ q: null });
    void search(app, asked);
  }, [asked]);
  useEffect(
    () => () => {
      outcome.value = null;
    },
    [],
  );
  const last = outcome.value?.app === app ? outcome.value : null;
  return (
    <>
      <div class="page-head">
        <h1>{t('view.search')}</h1>
        <p class="sub">{t('search.intro')}</p>
      </div>
      {last !== null && (
        <div class="sessions-done">
          {last.problem === null ? (
            <Notice tone="warn" isLive>
              <p>
                <strong>{t('search.nothing', app)}</strong>
              </p>
              <p>{t('search.nothingHint')}</p>
            </Notice>
          ) : (
            <Notice tone="danger" isLive>
              {problemText(last.problem)} {t('search.again')}
            </Notice>
          )}
        </div>
      )}
      <SessionList
        app={app}
        subject={null}
        path={`/apps/${part(app)}/sessions`}
        label={t('search.latest')}
        round={0}
        onDone={() => undefined}
        empty={
          <EmptyState
            icon="user"
            title={t('search.nobody', app)}
            actions={
              query.value.get('active') !== null && (
                <Button onClick={() => setQuery({ active: null })}>{t('sessions.windowAll')}</Button>
              )
            }
          >
            {t('search.nobodyHint')}
          </EmptyState>
        }
      />
    </>
  );
}
