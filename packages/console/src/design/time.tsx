/** An instant as people read it, with the exact one on hover and for machines. */
import { exactTime, relativeTime } from '../messages/times.ts';
import { now } from '../state/clock.ts';
import { language, zone } from '../state/settings.ts';

export interface TimeProps {
  /** ISO 8601. Absence: null shows a dash. */
  readonly at: string | null;
  /** `relative`: 3 minutes ago. `exact`: date and time in the reader's zone. Default: relative. */
  readonly show?: 'relative' | 'exact';
}

export function Time({ at, show = 'relative' }: TimeProps) {
  if (at === null) return <span class="faint">–</span>;
  const exact = exactTime(at, language.value, zone.value);
  return (
    <time dateTime={at} title={`${exact} · ${at}`} class="nowrap">
      {show === 'exact' ? exact : relativeTime(at, now.value, language.value)}
    </time>
  );
}
