/** The last question: how many there are and will be, and why. Where all of an app are meant, its name is typed. */
import { useState } from 'preact/hooks';
import { Button } from '../../design/button.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { Field } from '../../design/field.tsx';
import { number, t } from '../../messages/index.ts';
import type { BulkPlan } from './plan.ts';

interface ConfirmProps {
  readonly app: string;
  readonly plan: BulkPlan;
  readonly onClose: () => void;
  readonly onConfirm: (reason: string) => void;
}

/** As the server takes it. */
const REASON_LENGTH = 200;

export function ConfirmDialog({ app, plan, onClose, onConfirm }: ConfirmProps) {
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const [isTried, setTried] = useState(false);
  const isNamed = !plan.isEverybody || typed === app;
  return (
    <Dialog
      title={plan.isEverybody ? t('bulk.confirmAll', app) : t('bulk.confirm', plan.count, number(plan.count))}
      onClose={onClose}
      onSubmit={() => {
        setTried(true);
        if (isNamed) onConfirm(reason.trim());
      }}
      actions={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button type="submit" kind="danger strong" icon="end">
            {t('bulk.endNow', plan.count, number(plan.count))}
          </Button>
        </>
      }
    >
      <p>{t('bulk.confirmText')}</p>
      <dl class="end-counts">
        <div>
          <dt>{t('end.before')}</dt>
          <dd>{number(plan.before)}</dd>
        </div>
        <div>
          <dt>{t('end.after')}</dt>
          <dd>{number(Math.max(0, plan.before - plan.count))}</dd>
        </div>
      </dl>
      <Field label={t('end.reason')} hint={t('end.reasonHint')}>
        {(control) => (
          <input
            {...control}
            data-first
            maxLength={REASON_LENGTH}
            autocomplete="off"
            value={reason}
            onInput={({ currentTarget }) => setReason(currentTarget.value)}
          />
        )}
      </Field>
      {plan.isEverybody && (
        <Field label={t('bulk.type', app)} fault={isTried && !isNamed ? t('bulk.typeFault', app) : null}>
          {(control) => (
            <input
              {...control}
              autocomplete="off"
              spellcheck={false}
              value={typed}
              onInput={({ currentTarget }) => setTyped(currentTarget.value)}
            />
          )}
        </Field>
      )}
    </Dialog>
  );
}
