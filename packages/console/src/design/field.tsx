import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

/** What the control of a field must take, so that its label, hint and fault belong to it. */
export interface Control {
  readonly id: string;
  readonly class: 'input';
  readonly 'aria-describedby'?: string;
  readonly 'aria-invalid'?: 'true';
}

export interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly fault?: string | null | undefined;
  readonly children: (control: Control) => ComponentChildren;
}

/** A label, one control, and what is said about it. */
export function Field({ label, hint, fault, children }: FieldProps) {
  const id = useId();
  const isWrong = typeof fault === 'string' && fault !== '';
  const told = [hint && `${id}-hint`, isWrong && `${id}-fault`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        class: 'input',
        ...(told !== '' && { 'aria-describedby': told }),
        ...(isWrong && { 'aria-invalid': 'true' }),
      })}
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {isWrong && (
        <p class="fault" id={`${id}-fault`} role="alert">
          {fault}
        </p>
      )}
    </div>
  );
}
