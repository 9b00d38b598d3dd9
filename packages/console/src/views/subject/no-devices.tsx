import { Button } from '../../design/button.tsx';
import { EmptyState } from '../../design/states.tsx';
import { t } from '../../messages/index.ts';
import { query, setQuery, to } from '../../state/place.ts';

/** Nobody is logged in, or nobody was there lately: which of the two, and where to look next. */
export function NoDevices({ app, subject }: { readonly app: string; readonly subject: string }) {
  const isFiltered = query.value.get('active') !== null;
  return (
    <EmptyState
      icon="device"
      title={isFiltered ? t('subject.noneLately') : t('subject.none')}
      actions={
        isFiltered ? (
          <Button onClick={() => setQuery({ active: null, cursor: null })}>{t('sessions.windowAll')}</Button>
        ) : (
          <a class="button" href={to('/apps/:app/subjects/:subject', { app, subject }, { tab: 'history' })}>
            {t('subject.seeHistory')}
          </a>
        )
      }
    >
      {isFiltered ? t('subject.noneLatelyHint') : t('subject.noneHint')}
    </EmptyState>
  );
}
