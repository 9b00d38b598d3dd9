/** What happens in an app while one looks: the newest first, held while one reads, and never more in memory than the last thousands. */
import { signal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { Button } from '../../design/button.tsx';
import { downloadLines } from '../../design/download.ts';
import { EmptyState, ErrorState } from '../../design/states.tsx';
import { VirtualList } from '../../design/virtual-list.tsx';
import { number, t } from '../../messages/index.ts';
import { isNarrow } from '../../state/media.ts';
import { query } from '../../state/place.ts';
import type { ViewProps } from '../view.ts';
import { EventRow } from './event-row.tsx';
import './events.css';
import { FEED_CAPACITY, type FeedRow } from './feed.ts';
import { Filters, filterOf } from './filters.tsx';
import { Live } from './live.ts';
import { StreamStatus } from './status.tsx';

export default function Events({ params: { app = '' } }: ViewProps) {
  const filter = filterOf(query.value);
  const asked = `${[...filter.types].join(',')} ${filter.subject}`;
  const live = useMemo(() => new Live(app, filter), [app]);
  useEffect(() => () => live.close(), [live]);
  const shown = useRef(asked);
  useEffect(() => {
    if (shown.current === asked) return;
    shown.current = asked;
    live.setFilter(filter);
  }, [asked]);
  const problem = live.problem.value;
  if (problem !== null) return <Refused live={live} />;
  return (
    <div class="live">
      <Head app={app} live={live} />
      <Filters filter={filter} />
      <List app={app} live={live} isFiltered={asked !== ' '} />
    </div>
  );
}

function Refused({ live }: { readonly live: Live }) {
  const problem = live.problem.value!;
  return (
    <>
      <div class="page-head">
        <h1>{t('view.events')}</h1>
      </div>
      <div class="card">
        {problem.status === 400 ? (
          <EmptyState icon="events" title={t('events.off')}>
            {t('events.offText')}
            <code class="snippet">{'"events": true'}</code>
          </EmptyState>
        ) : (
          <ErrorState problem={problem} />
        )}
      </div>
    </>
  );
}

/** Whether the reader has stopped the list, or has scrolled away from its top. */
const isPaused = signal(false);

function Head({ app, live }: { readonly app: string; readonly live: Live }) {
  live.paints.value;
  const { feed } = live;
  const download = () =>
    downloadLines(
      `${app}-events`,
      [...feed.lines()].map((line) => JSON.parse(line) as unknown),
    );
  return (
    <div class="page-head">
      <h1>{t('view.events')}</h1>
      <div class="actions">
        <Button
          onClick={() => {
            isPaused.value = !isPaused.value;
            if (isPaused.value) live.hold();
            else live.release();
          }}
          icon={isPaused.value ? 'next' : 'clock'}
        >
          {isPaused.value ? t('events.resume') : t('events.pause')}
        </Button>
        <Button why={feed.length === 0 ? t('events.nothingYet') : null} onClick={() => live.clear()}>
          {t('events.clear')}
        </Button>
        <Button icon="download" why={feed.length === 0 ? t('events.nothingYet') : null} onClick={download}>
          {t('action.download')}
        </Button>
      </div>
      <StreamStatus live={live} />
    </div>
  );
}

const WIDE_ROW = 36;
const NARROW_ROW = 60;

interface ListProps {
  readonly app: string;
  readonly live: Live;
  readonly isFiltered: boolean;
}

function List({ app, live, isFiltered }: ListProps) {
  live.paints.value;
  const { feed } = live;
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    isPaused.value = false;
  }, [live]);
  const toTop = () => {
    isPaused.value = false;
    const scroller = place.current?.querySelector('.virtual');
    if (scroller) scroller.scrollTop = 0;
    live.release();
  };
  // What one reads must not move away: away from the top the list stays as it is.
  const onScroll = (event: Event) => {
    const { scrollTop } = event.target as Element;
    if (scrollTop > WIDE_ROW / 2) live.hold();
    else if (!isPaused.value) live.release();
  };
  const rowHeight = isNarrow.value ? NARROW_ROW : WIDE_ROW;
  return (
    <div class="card live-list" ref={place} onScrollCapture={onScroll}>
      {feed.isHeld && (
        <button type="button" class="button primary small live-new" onClick={toTop}>
          {feed.newRows === 0 ? t('events.held') : t('events.new', feed.newRows, number(feed.newRows))}
        </button>
      )}
      {feed.length === 0 ? (
        <EmptyState icon="events" title={isFiltered ? t('events.noneMatch') : t('events.none')}>
          {isFiltered ? t('events.noneMatchText') : t('events.noneText', number(FEED_CAPACITY))}
        </EmptyState>
      ) : (
        <VirtualList<FeedRow>
          key={rowHeight}
          items={feed}
          keyOf={({ row }) => String(row)}
          rowHeight={rowHeight}
          height="100%"
          label={t('events.list')}
          row={(row) => <EventRow app={app} row={row} />}
        />
      )}
    </div>
  );
}
