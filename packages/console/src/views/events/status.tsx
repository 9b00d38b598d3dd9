/** How the stream stands: alive and how fast, or away and when it is asked again. */
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../design/button.tsx';
import { number, t } from '../../messages/index.ts';
import type { Live } from './live.ts';

/** Read aloud no more often than this: events come many times a second. Units: milliseconds. */
const TOLD = 15_000;

export function StreamStatus({ live }: { readonly live: Live }) {
  live.paints.value;
  const state = live.state.value;
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  if (state.is === 'waiting') {
    const seconds = Math.max(0, Math.ceil((state.retryAt - Date.now()) / 1000));
    return (
      <div class="sub live-status away">
        <span class="live-dot" />
        <span role="status">{t('events.away')}</span>
        <span class="soft">{t('events.awayIn', seconds)}</span>
        <Button size="small" onClick={() => live.retryNow()}>
          {t('action.retry')}
        </Button>
      </div>
    );
  }
  return (
    <div class={`sub live-status ${state.is}`}>
      <span class="live-dot" />
      {state.is === 'connecting' ? t('events.connecting') : t('events.open')}
      {state.is === 'open' && <span class="soft">{rateText(live)}</span>}
      <Told live={live} />
    </div>
  );
}

function rateText({ feed }: Live): string {
  return t('events.rate', feed.perMinute, number(feed.perMinute));
}

function Told({ live }: { readonly live: Live }) {
  const [text, tell] = useState('');
  useEffect(() => {
    const timer = setInterval(() => tell(rateText(live)), TOLD);
    return () => clearInterval(timer);
  }, [live]);
  return (
    <span class="hidden-visually" aria-live="polite">
      {text}
    </span>
  );
}
