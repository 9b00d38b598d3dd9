/** What a receiver did not take in all attempts: a page of it, sent again one by one or all together. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../../api/problem.ts';
import { useResource } from '../../api/resource.ts';
import { Button } from '../../design/button.tsx';
import { downloadLines } from '../../design/download.ts';
import { ErrorState, SkeletonRows } from '../../design/states.tsx';
import { Time } from '../../design/time.tsx';
import { toast } from '../../design/toast.tsx';
import { number, problemText, t } from '../../messages/index.ts';
import { eventText } from '../../messages/words.ts';
import { query, setQuery, to } from '../../state/place.ts';
import { type DeadLetter, lettersOf, resend, resendAll, type WebhookState } from './webhooks.ts';

interface LettersProps {
  readonly app: string;
  readonly webhook: WebhookState;
  /** Why nothing can be sent. Absence: null where it can. */
  readonly why: string | null;
  readonly onChange: () => void;
}

export function DeadLetters({ app, webhook: { name, deadLetters }, why, onChange }: LettersProps) {
  const cursor = query.value.get('letter');
  const letters = useResource(`letters ${app} ${name} ${cursor}`, (signal) => lettersOf(app, name, cursor, signal));
  const [busy, setBusy] = useState<string | null>(null);
  const place = useRef<HTMLDivElement>(null);
  const { data, error } = letters;
  // Somebody else sends letters again, too, and others are given up.
  const counted = useRef(deadLetters);
  useEffect(() => {
    if (counted.current !== deadLetters && busy === null) void letters.reload();
    counted.current = deadLetters;
  }, [deadLetters]);
  // The last one of a page is gone, and there are others before it.
  const isBehind = cursor !== null && data?.deadLetters.length === 0;
  useEffect(() => {
    if (isBehind) setQuery({ letter: null });
  }, [isBehind]);
  // The button that had the focus is gone with its letter.
  const isSent = useRef(false);
  useEffect(() => {
    if (!isSent.current || document.activeElement !== document.body) return;
    isSent.current = false;
    place.current?.focus({ preventScroll: true });
  }, [data]);
  const act = async (what: string, run: () => Promise<void>) => {
    setBusy(what);
    try {
      await run();
    } catch (error) {
      toast(error instanceof Problem ? problemText(error) : String(error), 'fault');
    } finally {
      setBusy(null);
      onChange();
      await letters.reload();
    }
  };
  const sendOne = (letter: DeadLetter) =>
    act(letter.id, async () => {
      const { delivered, failure, status } = await resend(app, name, letter.id);
      isSent.current = delivered;
      if (delivered) toast(t('webhooks.resent', 1, '1'));
      else toast(t('webhooks.testBad', failure ?? String(status ?? '')), 'fault');
    });
  const sendAll = () =>
    act('all', async () => {
      const { resent, left } = await resendAll(app, name);
      isSent.current = resent > 0;
      toast(
        [t('webhooks.resent', resent, number(resent)), left > 0 && t('webhooks.left', number(left))]
          .filter(Boolean)
          .join(' '),
        left > 0 ? 'fault' : 'good',
      );
    });
  return (
    <div ref={place} tabIndex={-1}>
      {data === null ? (
        error === null ? (
          <SkeletonRows rows={3} />
        ) : (
          <ErrorState problem={error} onRetry={() => void letters.reload()} />
        )
      ) : data.deadLetters.length === 0 ? (
        <p class="soft webhook-none">{t('webhooks.noLetters')}</p>
      ) : (
        <>
          <ul class="letters">
            {data.deadLetters.map((letter) => (
              <Letter
                key={letter.id}
                app={app}
                letter={letter}
                why={why}
                isBusy={busy === letter.id || busy === 'all'}
                onResend={() => void sendOne(letter)}
              />
            ))}
          </ul>
          <div class="letters-actions">
            {(cursor !== null || data.cursor !== null) && (
              <>
                <Button
                  size="small"
                  why={cursor === null ? t('webhooks.isFirst') : null}
                  onClick={() => setQuery({ letter: null })}
                >
                  {t('webhooks.first')}
                </Button>
                <Button
                  size="small"
                  why={data.cursor === null ? t('webhooks.isLast') : null}
                  onClick={() => setQuery({ letter: data.cursor })}
                >
                  {t('webhooks.next')}
                </Button>
              </>
            )}
            <Button
              size="small"
              icon="download"
              onClick={() => downloadLines(`${app}-${name}-dead-letters`, data.deadLetters)}
            >
              {t('action.download')}
            </Button>
            <Button size="small" kind="primary" why={why} isBusy={busy === 'all'} onClick={() => void sendAll()}>
              {busy === 'all' ? t('webhooks.resending') : t('webhooks.resendAll', deadLetters, number(deadLetters))}
            </Button>
          </div>
        </>
      )}
    </div>
  );
}

interface LetterProps {
  readonly app: string;
  readonly letter: DeadLetter;
  readonly why: string | null;
  readonly isBusy: boolean;
  readonly onResend: () => void;
}

function Letter({ app, letter: { at, attempts, failure, event }, why, isBusy, onResend }: LetterProps) {
  const subject = typeof event.data.subject === 'string' ? event.data.subject : null;
  return (
    <li class="letter">
      <div class="letter-what">
        <strong>{eventText(event.type)}</strong>
        {event.subject !== undefined && (
          <a class="mono" href={to('/apps/:app/sessions/:id', { app, id: event.subject })}>
            {event.subject}
          </a>
        )}
        {subject !== null && <span class="any-text soft">{subject}</span>}
      </div>
      <div class="letter-why any-text soft">
        {failure} · {t('webhooks.attempts', attempts)} · <Time at={at} />
      </div>
      <Button size="small" why={why} isBusy={isBusy} onClick={onResend}>
        {t('webhooks.resend')}
      </Button>
    </li>
  );
}
