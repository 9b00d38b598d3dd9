/**
 * A list of sessions: one row each, worked by keys as by mouse. Rows are the grid's; what is in one is reached with Tab from the
 * row that has the focus.
 */
import type { Signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Session } from '../../api/types.ts';
import { t } from '../../messages/index.ts';
import { go, to } from '../../state/place.ts';
import { allToggled, moved, type Selection, toggled } from './selection.ts';
import { SessionRow } from './session-row.tsx';
import './sessions.css';

export interface SessionTableProps {
  readonly app: string;
  readonly sessions: readonly Session[];
  readonly label: string;
  readonly selection: Signal<Selection>;
  /** Whether rows tell whose they are: not in the list of one subject. */
  readonly hasSubjects: boolean;
  /** Why nothing can be ended. Absence: null when it can. */
  readonly whyNot: string | null;
  readonly onEnd: (sessions: readonly Session[]) => void;
  /** Ends all others of the subject. Absence: undefined where there are no others, or several subjects. */
  readonly onEndOthers: ((session: Session) => void) | undefined;
}

export function SessionTable(props: SessionTableProps) {
  const { app, sessions, label, selection, hasSubjects, whyNot, onEnd, onEndOthers } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const order = sessions.map(({ id }) => id);
  const { ids, at } = selection.value;
  const current = Math.min(at, sessions.length - 1);
  const isAll = order.length > 0 && order.every((id) => ids.has(id));

  const focus = (index: number, extend: boolean) => {
    selection.value = moved(selection.value, index, order, extend);
    body.current?.querySelectorAll<HTMLElement>('tr')[selection.value.at]?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.target instanceof HTMLTableRowElement) || event.ctrlKey || event.metaKey || event.altKey) return;
    const session = sessions[current];
    if (session === undefined) return;
    const { key, shiftKey } = event;
    if (key === 'ArrowDown') focus(current + 1, shiftKey);
    else if (key === 'ArrowUp') focus(current - 1, shiftKey);
    else if (key === 'PageDown') focus(current + 10, shiftKey);
    else if (key === 'PageUp') focus(current - 10, shiftKey);
    else if (key === 'Home') focus(0, shiftKey);
    else if (key === 'End') focus(order.length - 1, shiftKey);
    else if (key === ' ') selection.value = toggled(selection.value, session.id, current);
    else if (key === 'Enter') open(app, session);
    else if (key === 'e' && whyNot === null) {
      const selected = sessions.filter(({ id }) => ids.has(id));
      onEnd(selected.length > 0 ? selected : [session]);
    } else return;
    event.preventDefault();
  };

  return (
    <div class="sessions-wrap">
      <table
        class={hasSubjects ? 'table sessions has-subjects' : 'table sessions'}
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table whose rows are chosen by keys is a grid.
        role="grid"
        aria-label={label}
        aria-multiselectable="true"
      >
        <thead>
          <tr>
            <th class="select" scope="col">
              <label class="check">
                <input
                  type="checkbox"
                  checked={isAll}
                  indeterminate={!isAll && ids.size > 0}
                  aria-label={t('sessions.selectAll')}
                  onChange={() => {
                    selection.value = allToggled(selection.value, order);
                  }}
                />
                <span class="select-all" aria-hidden="true">
                  {t('sessions.selectAll')}
                </span>
              </label>
            </th>
            {hasSubjects && (
              <th scope="col" class="subject">
                {t('sessions.subject')}
              </th>
            )}
            <th scope="col" class="device">
              {t('sessions.device')}
            </th>
            <th scope="col" class="label">
              {t('sessions.label')}
            </th>
            <th scope="col" class="ip">
              {t('sessions.ip')}
            </th>
            {!hasSubjects && (
              <th scope="col" class="first">
                {t('sessions.firstSeen')}
              </th>
            )}
            <th scope="col" class="last">
              {t('sessions.lastSeen')}
            </th>
            <th scope="col" class="idle">
              {t('deadline.idle')}
            </th>
            <th scope="col" class="absolute">
              {t('deadline.absolute')}
            </th>
            <th scope="col" class="row-actions">
              <span class="hidden-visually">{t('sessions.actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody ref={body} onKeyDown={onKeyDown}>
          {sessions.map((session, i) => (
            <SessionRow
              key={session.id}
              {...{ app, session, hasSubjects, whyNot }}
              isCurrent={i === current}
              isSelected={ids.has(session.id)}
              onFocus={() => {
                if (selection.peek().at !== i) selection.value = moved(selection.peek(), i, order);
              }}
              onToggle={() => {
                selection.value = toggled(selection.value, session.id, i);
              }}
              onEnd={() => onEnd([session])}
              onEndOthers={onEndOthers && (() => onEndOthers(session))}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function addressOf(app: string, { id, subject }: Pick<Session, 'id' | 'subject'>): string {
  return to('/apps/:app/sessions/:id', { app, id }, { subject });
}

function open(app: string, session: Session): void {
  go(addressOf(app, session));
}
