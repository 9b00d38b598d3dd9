/** Tells that the server is away, above everything, until it is back. */
import { useEffect, useRef } from 'preact/hooks';
import { askAgain, isAway, returns } from '../api/away.ts';
import { Button } from '../design/button.tsx';
import { Icon } from '../design/icon.tsx';
import { t } from '../messages/index.ts';

export function Banner({ onReturn }: { readonly onReturn: () => void }) {
  const back = returns.value;
  const seen = useRef(back);
  useEffect(() => {
    if (back !== seen.current) onReturn();
    seen.current = back;
  }, [back]);
  return (
    <div role="alert" class="banner-place">
      {isAway.value && (
        <div class="banner">
          <Icon name="away" />
          <span>{t('banner.away')}</span>
          <Button size="small" onClick={() => void askAgain()}>
            {t('action.retry')}
          </Button>
        </div>
      )}
    </div>
  );
}
