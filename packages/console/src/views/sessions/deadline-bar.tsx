import { lengthOf, t } from '../../messages/index.ts';
import { exactTime } from '../../messages/times.ts';
import { language, zone } from '../../state/settings.ts';
import type { Left } from './deadlines.ts';

/** What is left, as a bar and in words: colour and length are never the only sign. */
export function DeadlineBar({ left, what }: { readonly left: Left | null; readonly what: 'idle' | 'absolute' }) {
  const label = what === 'idle' ? t('deadline.idle') : t('deadline.absolute');
  if (left === null) {
    return (
      <span class="deadline none">
        <span class="deadline-label">{label}</span>
        <span class="faint">{t('deadline.none')}</span>
      </span>
    );
  }
  const tone = left.part < 0.1 ? 'low' : '';
  return (
    <span class="deadline" title={`${exactTime(left.at, language.value, zone.value)} · ${left.at}`}>
      <span class="deadline-label">{label}</span>
      <span class="deadline-left">
        <span class="nowrap">{left.seconds === 0 ? t('deadline.over') : t('deadline.in', lengthOf(left.seconds))}</span>
        <span class="deadline-bar" aria-hidden="true">
          <span class={tone} style={{ inlineSize: `${(left.part * 100).toFixed(1)}%` }} />
        </span>
      </span>
    </span>
  );
}
