import type { Session } from '../../api/types.ts';
import { Button } from '../../design/button.tsx';
import { Time } from '../../design/time.tsx';
import { t } from '../../messages/index.ts';
import { now } from '../../state/clock.ts';
import { to } from '../../state/place.ts';
import { DeadlineBar } from './deadline-bar.tsx';
import { absoluteLeft, idleLeft } from './deadlines.ts';
import { deviceOf } from './device.ts';
import { DeviceName } from './device-name.tsx';

export interface SessionRowProps {
  readonly app: string;
  readonly session: Session;
  readonly hasSubjects: boolean;
  readonly isCurrent: boolean;
  readonly isSelected: boolean;
  readonly whyNot: string | null;
  readonly onFocus: () => void;
  readonly onToggle: () => void;
  readonly onEnd: () => void;
  readonly onEndOthers: (() => void) | undefined;
}

export function SessionRow(props: SessionRowProps) {
  const { app, session, hasSubjects, isCurrent, isSelected, whyNot, onFocus, onToggle, onEnd, onEndOthers } = props;
  const { id, subject, userAgent, label, ip, createdAt, lastSeenAt } = session;
  const device = deviceOf(userAgent).name ?? t('device.unknown');
  // One row is in the order of Tab, with what is in it: a page of a hundred would else be four hundred steps.
  const tabIndex = isCurrent ? 0 : -1;
  return (
    <tr tabIndex={tabIndex} aria-selected={isSelected} onFocusCapture={onFocus}>
      <td class="select">
        <label class="check">
          <input
            type="checkbox"
            tabIndex={tabIndex}
            checked={isSelected}
            aria-label={t('sessions.select', device)}
            onChange={onToggle}
          />
        </label>
      </td>
      {hasSubjects && (
        <td class="subject">
          {subject === null ? (
            <span class="faint">{t('sessions.noSubject')}</span>
          ) : (
            <a class="cut" tabIndex={tabIndex} href={to('/apps/:app/subjects/:subject', { app, subject })}>
              {subject}
            </a>
          )}
        </td>
      )}
      <td class="device">
        <a href={to('/apps/:app/sessions/:id', { app, id }, { subject })} class="device-link" tabIndex={tabIndex}>
          <DeviceName userAgent={userAgent} />
        </a>
      </td>
      <td class={label === null ? 'label none' : 'label'} title={label ?? undefined}>
        <span class="cut">{label ?? <span class="faint">–</span>}</span>
      </td>
      <td class={ip === null ? 'ip none' : 'ip'} title={ip ?? undefined}>
        <span class="cut">{ip ?? <span class="faint">–</span>}</span>
      </td>
      {!hasSubjects && (
        <td class="first">
          <span class="cell-label">{t('sessions.firstSeen')} </span>
          <Time at={createdAt} />
        </td>
      )}
      <td class="last">
        <span class="cell-label">{t('sessions.lastSeen')} </span>
        <Time at={lastSeenAt} />
      </td>
      <td class="idle">
        <DeadlineBar left={idleLeft(session, now.value)} what="idle" />
      </td>
      <td class="absolute">
        <DeadlineBar left={absoluteLeft(session, now.value)} what="absolute" />
      </td>
      <td class="row-actions">
        <span>
          {onEndOthers && (
            <Button size="small" kind="quiet" tabIndex={tabIndex} why={whyNot} onClick={onEndOthers}>
              {t('sessions.keepOnly')}
            </Button>
          )}
          <Button size="small" kind="danger bare" tabIndex={tabIndex} why={whyNot} onClick={onEnd}>
            {t('sessions.end')}
          </Button>
        </span>
      </td>
    </tr>
  );
}
