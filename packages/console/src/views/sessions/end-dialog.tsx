/** Asks before sessions end: what will happen, how many there are and will be, and why. Then it does it, and hands on what came of it. */
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { useResource } from '../../api/resource.ts';
import { Button } from '../../design/button.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { Field } from '../../design/field.tsx';
import { Notice } from '../../design/notice.tsx';
import { Skeleton } from '../../design/states.tsx';
import { number, problemText, t } from '../../messages/index.ts';
import { countOf, end, type Result } from './ending.ts';
import { expectedAfter, type Target } from './targets.ts';

/** What came of it, for the view to tell. Absence: null where no subject is known to count the sessions of. */
export interface Done {
  readonly target: Target;
  readonly result: Result;
  readonly before: number | null;
  readonly after: number | null;
}

export interface EndDialogProps {
  readonly app: string;
  readonly subject: string | null;
  readonly target: Target;
  /** The device that is ended, or that stays. Absence: null for several. */
  readonly device: string | null;
  readonly onClose: () => void;
  /** After something has ended, even if not all. */
  readonly onDone: (done: Done) => void;
}

/** As the server takes it. */
const REASON_LENGTH = 200;

export function EndDialog({ app, subject, target, device, onClose, onDone }: EndDialogProps) {
  const reason = useRef<HTMLInputElement>(null);
  const isBusy = useSignal(false);
  const failure = useSignal<Result | null>(null);
  const count = useResource(`${app} ${subject}`, (signal) =>
    subject === null ? Promise.resolve(null) : countOf(app, subject, signal),
  );
  const before = count.data;

  const submit = async () => {
    isBusy.value = true;
    failure.value = null;
    const result = await end(app, target, reason.current!.value);
    isBusy.value = false;
    // Nothing has happened: the dialog stays, with what was typed.
    if (result.ended === 0 && result.gone === 0 && result.failed.length > 0) {
      failure.value = result;
      return;
    }
    const after = subject === null ? null : await countOf(app, subject).catch(() => null);
    onDone({ target, result, before, after });
  };

  return (
    <Dialog
      title={titleOf(target, device)}
      onClose={onClose}
      onSubmit={() => void submit()}
      isBusy={isBusy.value}
      actions={
        <>
          <Button onClick={onClose} why={isBusy.value ? t('end.busy') : null}>
            {t('action.cancel')}
          </Button>
          <Button type="submit" kind="danger strong" icon="end" isBusy={isBusy.value}>
            {isBusy.value ? t('end.busy') : actionOf(target, before)}
          </Button>
        </>
      }
    >
      <p class="any-text">{explanationOf(target, subject, device)}</p>
      {subject !== null && count.error === null && (
        <dl class="end-counts">
          <div>
            <dt>{t('end.before')}</dt>
            <dd>{before === null ? <Skeleton width="2rem" height="1.5rem" /> : number(before)}</dd>
          </div>
          <div>
            <dt>{t('end.after')}</dt>
            <dd>
              {before === null ? <Skeleton width="2rem" height="1.5rem" /> : number(expectedAfter(target, before))}
            </dd>
          </div>
        </dl>
      )}
      <Field label={t('end.reason')} hint={t('end.reasonHint')}>
        {(control) => <input {...control} ref={reason} data-first maxLength={REASON_LENGTH} autocomplete="off" />}
      </Field>
      {failure.value !== null && (
        <Notice tone="danger" isLive>
          {failure.value.failed[0]!.problem.isAway ? t('end.unknown') : t('end.nothing')}{' '}
          {problemText(failure.value.failed[0]!.problem)}
        </Notice>
      )}
    </Dialog>
  );
}

function titleOf(target: Target, device: string | null): string {
  if (target.kind === 'subject') return t('end.titleAll');
  if (target.kind === 'others') return t('end.titleOthers');
  return target.ids.length === 1 && device !== null ? t('end.titleOne') : t('end.titleSome', target.ids.length);
}

function explanationOf(target: Target, subject: string | null, device: string | null): string {
  if (target.kind === 'subject') return t('end.whatAll', target.subject);
  if (target.kind === 'others') return t('end.whatOthers', target.subject, device ?? target.except);
  if (device !== null) return t('end.whatOne', device, subject);
  return t('end.whatSome', target.ids.length, subject);
}

function actionOf(target: Target, before: number | null): string {
  if (target.kind === 'sessions') return t('end.go', target.ids.length);
  if (before === null) return t('end.goAll');
  return t('end.go', before - expectedAfter(target, before));
}
