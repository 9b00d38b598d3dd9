import type { ComponentChildren } from 'preact';
import { number, t } from '../../messages/index.ts';

export interface ProgressProps {
  readonly text: string;
  readonly done: number;
  /** 0: not known yet. */
  readonly of: number;
  readonly more: string;
  readonly action: ComponentChildren;
}

/** How far something long is, and what stops it. */
export function Progress({ text, done, of, more, action }: ProgressProps) {
  return (
    <section class="card bulk-progress" aria-busy="true">
      <div class="bulk-progress-head">
        <h2>{text}</h2>
        <span class="soft">{of > 0 && t('bulk.progress', number(done), number(of))}</span>
        <span class="soft">{more}</span>
      </div>
      <progress aria-label={text} {...(of > 0 && { value: done, max: of })} />
      <div class="bulk-progress-action">{action}</div>
    </section>
  );
}
