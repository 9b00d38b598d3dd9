/** Tells what came of an end: how many there were, how many there are, and what could not be ended. */
import { Notice } from '../../design/notice.tsx';
import { problemText, t } from '../../messages/index.ts';
import type { Done } from './end-dialog.tsx';
import { expectedAfter } from './targets.ts';

export function DoneNotice({ done }: { readonly done: Done }) {
  const { target, result, before, after } = done;
  const { ended, gone, failed } = result;
  const expected = before === null ? null : expectedAfter(target, before);
  const isMore = failed.length === 0 && expected !== null && after !== null && after > expected;
  const tone = failed.length > 0 ? 'danger' : isMore ? 'warn' : 'good';
  return (
    <Notice tone={tone} isLive>
      <p>
        <strong>{t('done.ended', ended)}</strong>
        {gone > 0 && ` ${t('done.gone', gone)}`}
        {before !== null && after !== null && ` ${t('done.counts', before, after)}`}
      </p>
      {isMore && <p>{t('done.more', after - expected)}</p>}
      {failed.length > 0 && (
        <>
          <p>{failed.some(({ problem }) => problem.isAway) ? t('done.unknown') : t('done.failed', failed.length)}</p>
          <ul>
            {failed.slice(0, 5).map(({ id, problem }) => (
              <li key={id}>
                {id !== null && <code>{id}: </code>}
                {problemText(problem)}
              </li>
            ))}
          </ul>
        </>
      )}
    </Notice>
  );
}
