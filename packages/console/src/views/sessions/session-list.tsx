/**
 * The sessions of a subject or of an app, page by page: what is selected, what is to be ended, what came of that. One page is in
 * memory, whatever there are; where one is in the list is in the address, so the browser's own way back is the way back.
 */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { v1 } from '../../api/request.ts';
import { useResource } from '../../api/resource.ts';
import type { Session, SessionPage } from '../../api/types.ts';
import { Button } from '../../design/button.tsx';
import { downloadLines } from '../../design/download.ts';
import { Icon } from '../../design/icon.tsx';
import { Segments } from '../../design/segments.tsx';
import { ErrorState, SkeletonRows } from '../../design/states.tsx';
import { number, t } from '../../messages/index.ts';
import { query, setQuery } from '../../state/place.ts';
import { may } from '../../state/session.ts';
import { deviceOf } from './device.ts';
import { DoneNotice } from './done-notice.tsx';
import { type Done, EndDialog } from './end-dialog.tsx';
import { firstPage } from './first-page.ts';
import { kept, NONE } from './selection.ts';
import { SessionTable } from './session-table.tsx';
import type { Target } from './targets.ts';

export interface SessionListProps {
  readonly app: string;
  /** Whose. Absence: null for all of the app. */
  readonly subject: string | null;
  /** `/apps/shop/sessions`. */
  readonly path: string;
  readonly label: string;
  /** Shown when there is none. */
  readonly empty: ComponentChildren;
  /** One more whenever the list should load again. */
  readonly round: number;
  /** Something has ended. */
  readonly onDone: () => void;
}

const WINDOWS = { all: null, hour: 3_600, day: 86_400 } as const;
type WindowName = keyof typeof WINDOWS;

interface Asked {
  readonly target: Target;
  readonly subject: string | null;
  readonly device: string | null;
}

export function SessionList({ app, subject, path, label, empty, round, onDone }: SessionListProps) {
  const cursor = query.value.get('cursor');
  const given = query.value.get('active') ?? 'all';
  const window: WindowName = Object.hasOwn(WINDOWS, given) ? (given as WindowName) : 'all';
  const page = useResource(`${path} ${window} ${cursor} ${round}`, (signal) =>
    v1<SessionPage>(path, { query: { ...firstPage, cursor, activeWithin: WINDOWS[window] }, signal }),
  );
  const shown = useSignal<SessionPage | null>(null);
  const selection = useSignal(NONE);
  const asked = useSignal<Asked | null>(null);
  const done = useSignal<Done | null>(null);
  // In the frame that would still show the page before.
  useLayoutEffect(() => {
    if (page.data === null) return;
    shown.value = page.data;
    selection.value = kept(
      selection.peek(),
      page.data.sessions.map(({ id }) => id),
    );
  }, [page.data]);

  // The row that had the focus may be gone.
  const told = useRef<HTMLDivElement>(null);
  useEffect(() => told.current?.focus(), [done.value]);
  // What is told of an end before is not true any more after another one.
  useEffect(() => {
    done.value = null;
  }, [round]);

  const sessions = shown.value?.sessions ?? [];
  const next = shown.value?.cursor ?? null;
  const selected = sessions.filter(({ id }) => selection.value.ids.has(id));
  // While the server is away, what came last stays where it is what is asked for: the banner says that it may be old.
  const isBroken = page.error !== null && (page.data === null || !page.error.isAway);
  const whyNot = may('revoke') ? null : t('state.needsScope', 'revoke');
  const hasOthers = sessions.length > 1 || next !== null || cursor !== null;
  const askEnd = (some: readonly Session[]) => {
    const first = some[0];
    if (first === undefined) return;
    const isOne = some.length === 1;
    const whose = new Set(some.map((session) => session.subject));
    asked.value = {
      target: { kind: 'sessions', ids: some.map(({ id }) => id) },
      subject: whose.size === 1 ? first.subject : null,
      device: isOne ? nameOf(first) : null,
    };
  };
  const askOthers = (session: Session) => {
    if (session.subject === null) return;
    asked.value = {
      target: { kind: 'others', subject: session.subject, except: session.id },
      subject: session.subject,
      device: nameOf(session),
    };
  };

  return (
    <>
      {done.value !== null && (
        <div class="sessions-done" ref={told} tabIndex={-1}>
          <DoneNotice done={done.value} />
        </div>
      )}
      <section class="card" aria-label={label} aria-busy={page.isLoading}>
        <div class="card-head sessions-head">
          <Segments
            legend={t('sessions.window')}
            isLegendHidden
            value={window}
            options={[
              ['all', t('sessions.windowAll')],
              ['hour', t('sessions.windowHour')],
              ['day', t('sessions.windowDay')],
            ]}
            onChoose={(value) => setQuery({ active: value === 'all' ? null : value, cursor: null })}
          />
          {whyNot !== null && (
            <span class="sessions-locked">
              <Icon name="lock" />
              {t('sessions.onlyLook')}
            </span>
          )}
          <span class="sessions-selected" role="status">
            {selected.length > 0 && t('sessions.selected', selected.length)}
          </span>
          <span class="sessions-actions">
            {selected.length > 0 && (
              <Button size="small" kind="danger" icon="end" why={whyNot} onClick={() => askEnd(selected)}>
                {t('sessions.endSelected', selected.length)}
              </Button>
            )}
            <Button
              size="small"
              kind="quiet"
              icon="reload"
              label={t('action.reload')}
              onClick={() => void page.reload()}
            />
            <Button
              size="small"
              kind="quiet"
              icon="download"
              label={t('action.download')}
              why={sessions.length === 0 ? t('sessions.nothingShown') : null}
              onClick={() => downloadLines(`sessions-${app}-${subject ?? 'all'}`, sessions)}
            />
          </span>
        </div>
        {isBroken ? (
          <ErrorState problem={page.error!} onRetry={() => void page.reload()} />
        ) : shown.value === null ? (
          <SkeletonRows rows={6} />
        ) : sessions.length === 0 ? (
          empty
        ) : (
          <SessionTable
            {...{ app, sessions, label, selection, whyNot }}
            hasSubjects={subject === null}
            onEnd={askEnd}
            onEndOthers={subject !== null && hasOthers ? askOthers : undefined}
          />
        )}
        {(next !== null || cursor !== null) && !isBroken && (
          <div class="pager">
            <span class="faint">{t('sessions.pageOf', number(sessions.length))}</span>
            <Button
              size="small"
              icon="back"
              why={cursor === null ? t('sessions.isFirst') : null}
              onClick={() => setQuery({ cursor: null }, { replace: false })}
            >
              {t('sessions.firstPage')}
            </Button>
            <Button
              size="small"
              icon="next"
              why={next === null ? t('sessions.isLast') : null}
              onClick={() => setQuery({ cursor: next }, { replace: false })}
            >
              {t('sessions.nextPage')}
            </Button>
          </div>
        )}
      </section>
      {asked.value !== null && (
        <EndDialog
          app={app}
          {...asked.value}
          onClose={() => {
            asked.value = null;
          }}
          onDone={(what) => {
            asked.value = null;
            done.value = what;
            void page.reload();
            onDone();
          }}
        />
      )}
    </>
  );
}

export function nameOf({ userAgent, label, id }: Session): string {
  const { name } = deviceOf(userAgent);
  const text = name === null || name.length > 80 ? (label ?? name?.slice(0, 80) ?? id) : name;
  return label !== null && label !== text ? `${text} (${label})` : text;
}
