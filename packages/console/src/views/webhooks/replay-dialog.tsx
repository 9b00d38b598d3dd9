/** Asks from when on a receiver is to be told again of everything that the journal still has. */
import { useState } from 'preact/hooks';
import { Problem } from '../../api/problem.ts';
import { Button } from '../../design/button.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { Field } from '../../design/field.tsx';
import { Notice } from '../../design/notice.tsx';
import { problemText, t } from '../../messages/index.ts';
import { fromInput, toInput } from '../../messages/instant-input.ts';
import { zone } from '../../state/settings.ts';
import { replay } from './webhooks.ts';

interface ReplayProps {
  readonly app: string;
  readonly name: string;
  readonly onClose: () => void;
  readonly onDone: (events: number) => void;
}

const HOUR = 3_600_000;

export function ReplayDialog({ app, name, onClose, onDone }: ReplayProps) {
  const [from, setFrom] = useState(() => toInput(Date.now() - HOUR, zone.peek()));
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const instant = fromInput(from, zone.value);
  const go = async () => {
    if (instant === null) {
      setFault(t('webhooks.replayWhen'));
      return;
    }
    setBusy(true);
    setFault(null);
    try {
      onDone((await replay(app, name, instant)).events);
    } catch (error) {
      setFault(error instanceof Problem ? problemText(error) : String(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={t('webhooks.replayTitle', name)}
      onClose={onClose}
      onSubmit={() => void go()}
      isBusy={isBusy}
      actions={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button type="submit" kind="primary" isBusy={isBusy}>
            {t('webhooks.replayGo')}
          </Button>
        </>
      }
    >
      <p>{t('webhooks.replayText')}</p>
      <Field
        label={zone.value === 'utc' ? t('webhooks.replayFromUtc') : t('webhooks.replayFrom')}
        hint={instant ?? undefined}
      >
        {(control) => (
          <input
            {...control}
            type="datetime-local"
            step="1"
            required
            data-first
            value={from}
            onInput={({ currentTarget }) => setFrom(currentTarget.value)}
          />
        )}
      </Field>
      {fault !== null && (
        <Notice tone="danger" isLive>
          {fault}
        </Notice>
      )}
    </Dialog>
  );
}
