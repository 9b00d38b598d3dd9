/** One line of the list of events. All texts in it are those of strangers: they are shown as text, and cut where they are long. */
import { t } from '../../messages/index.ts';
import { clockTime, exactTime } from '../../messages/times.ts';
import { eventText } from '../../messages/words.ts';
import { to } from '../../state/place.ts';
import { language, zone } from '../../state/settings.ts';
import { deviceOf } from '../sessions/device.ts';
import { reasonText } from '../sessions/reasons.ts';
import type { FeedRow, EventRow as Row } from './feed.ts';

export function EventRow({ app, row }: { readonly app: string; readonly row: FeedRow }) {
  const exact = exactTime(row.time, language.value, zone.value);
  const clock = (
    <time class="event-time" dateTime={row.time} title={`${exact} · ${row.time}`}>
      {clockTime(row.time, language.value, zone.value)}
    </time>
  );
  if (row.kind !== 'event') {
    return (
      <div class={`event note ${row.kind}`}>
        {clock}
        <span class="event-note">{row.kind === 'resync' ? t('events.resync') : t('events.filterChanged')}</span>
      </div>
    );
  }
  const details = detailsOf(row);
  return (
    <div class="event">
      {clock}
      <span class={`event-type ${row.type.replace('session.', '')}`}>{eventText(row.type)}</span>
      <span class="event-subject cut">
        {row.subject === null ? (
          <span class="faint">{t('events.guest')}</span>
        ) : (
          <a href={to('/apps/:app/subjects/:subject', { app, subject: row.subject })} title={row.subject}>
            {row.subject}
          </a>
        )}
      </span>
      <span class="event-details cut" title={[details, row.userAgent].filter(Boolean).join('\n')}>
        {details}
      </span>
      {row.session !== null && (
        <a
          class="event-session mono cut"
          href={to('/apps/:app/sessions/:id', { app, id: row.session })}
          title={row.session}
        >
          <span class="hidden-visually">{t('events.session')} </span>
          {row.session.slice(0, 8)}
        </a>
      )}
    </div>
  );
}

function detailsOf({ reason, by, note, ip, label, userAgent }: Row): string {
  const parts = [
    reason !== null && reasonText(reason),
    by !== null && t('events.by', by),
    note !== null && `“${note}”`,
    label,
    ip,
    deviceOf(userAgent).name,
  ];
  return parts.filter((part) => typeof part === 'string' && part !== '').join(' · ');
}
