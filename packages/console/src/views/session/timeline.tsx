/** What happened to one session, the latest first. */
import { useSignal } from '@preact/signals';
import { useResource } from '../../api/resource.ts';
import type { SessionEvent } from '../../api/types.ts';
import { Button } from '../../design/button.tsx';
import { downloadLines } from '../../design/download.ts';
import { Icon, type IconName } from '../../design/icon.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../../design/states.tsx';
import { Time } from '../../design/time.tsx';
import { t, textOf } from '../../messages/index.ts';
import { deviceOf } from '../sessions/device.ts';
import { reasonText } from '../sessions/reasons.ts';
import { BEGIN, type Walk, walk } from './events.ts';

export interface TimelineProps {
  readonly app: string;
  readonly id: string;
  /** When the session began. Absence: null when that is not known. */
  readonly since: string | null;
  readonly round: number;
}

const ICONS: Readonly<Record<string, IconName>> = {
  'session.created': 'user',
  'session.rotated': 'reload',
  'session.updated': 'policy',
  'session.ended': 'end',
  'session.suspect': 'warn',
};

export function Timeline({ app, id, since, round }: TimelineProps) {
  const from = useSignal<Walk>(BEGIN);
  // What is found so far, while the walk goes on.
  const shown = useSignal<Walk>(BEGIN);
  const loaded = useResource(`${app} ${id} ${since} ${round} ${from.value.next}`, (signal) =>
    walk(app, id, since, from.peek(), signal, (part) => {
      shown.value = part;
    }),
  );
  const { data, error } = loaded;
  const events = (data ?? shown.value).events;
  return (
    <section class="card" aria-labelledby="timeline" aria-busy={loaded.isLoading}>
      <div class="card-head">
        <h2 id="timeline">{t('timeline.title')}</h2>
        <span class="sessions-actions">
          <Button
            size="small"
            kind="quiet"
            icon="download"
            label={t('action.download')}
            why={events.length === 0 ? t('sessions.nothingShown') : null}
            onClick={() => downloadLines(`timeline-${id}`, events)}
          />
        </span>
      </div>
      {error !== null && data === null ? (
        error.status === 400 ? (
          <EmptyState icon="policy" title={t('timeline.off', app)}>
            {t('timeline.offHint')} <code>"events": true</code>
          </EmptyState>
        ) : (
          <ErrorState problem={error} onRetry={() => void loaded.reload()} />
        )
      ) : events.length > 0 ? (
        <ol class="timeline">
          {events.map((event) => (
            <Moment key={event.id} event={event} />
          ))}
        </ol>
      ) : data === null ? (
        <SkeletonRows />
      ) : (
        <EmptyState icon="events" title={t('timeline.empty')}>
          {t('timeline.emptyHint')}
        </EmptyState>
      )}
      {data?.isCut && events.length > 0 && <p class="timeline-foot faint">{t('timeline.cut')}</p>}
      {data !== null && data.next !== null && (
        <div class="pager">
          <span class="faint">{t('timeline.more')}</span>
          <Button
            size="small"
            onClick={() => {
              shown.value = data;
              from.value = data;
            }}
          >
            {t('timeline.goOn')}
          </Button>
        </div>
      )}
    </section>
  );
}

function Moment({ event }: { readonly event: SessionEvent }) {
  const { type, time, data } = event;
  const tone = type === 'session.ended' ? 'danger' : type === 'session.suspect' ? 'warn' : 'plain';
  return (
    <li class={tone}>
      <span class="moment-icon">
        <Icon name={ICONS[type] ?? 'info'} />
      </span>
      <div class="any-text">
        <p class="moment-head">
          <strong>{textOf(`event.${type}`) ?? type}</strong>
          <Time at={time} show="exact" />
          <span class="faint">
            <Time at={time} />
          </span>
        </p>
        {detailsOf(type, data).map((line) => (
          <p key={line} class="soft">
            {line}
          </p>
        ))}
      </div>
    </li>
  );
}

function detailsOf(type: string, data: SessionEvent['data']): string[] {
  const text = (name: string) => (typeof data[name] === 'string' && data[name] !== '' ? (data[name] as string) : null);
  const place = (of: Readonly<Record<string, unknown>>) =>
    [deviceOf(typeof of.userAgent === 'string' ? of.userAgent : null).name, of.label, of.ip]
      .filter((part) => typeof part === 'string' && part !== '')
      .join(' · ');
  const by = text('by');
  const lines: (string | null)[] = [];
  if (type === 'session.created') lines.push(place(data));
  if (type === 'session.ended') lines.push(reasonText(text('reason') ?? ''));
  if (type === 'session.suspect') {
    const presented = data.presented;
    lines.push(t('event.suspectWhat'));
    if (typeof presented === 'object' && presented !== null) {
      lines.push(t('event.suspectFrom', place(presented as Record<string, unknown>)));
    }
  }
  if (by !== null) lines.push(t('event.by', by));
  const note = text('note');
  if (note !== null) lines.push(t('event.note', note));
  const before = text('from');
  if (before !== null) lines.push(t('event.from', before));
  return lines.filter((line) => line !== null && line !== '') as string[];
}
