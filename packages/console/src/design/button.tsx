import type { ComponentChildren, Ref } from 'preact';
import { useId } from 'preact/hooks';
import { Icon, type IconName } from './icon.tsx';

export interface ButtonProps {
  /** Absence: an icon alone, which needs a `label`. */
  readonly children?: ComponentChildren;
  readonly onClick?: (() => void) | undefined;
  /** `danger`: ends sessions. `strong`: the one that does it. `bare`: one of many, in rows. Default: plain. */
  readonly kind?: 'plain' | 'primary' | 'danger' | 'danger strong' | 'danger bare' | 'quiet';
  readonly size?: 'small' | undefined;
  readonly icon?: IconName;
  readonly type?: 'button' | 'submit';
  /** Why it does nothing now: shown, and read aloud. It stays in the order of focus, so that the reason can be found. */
  readonly why?: string | null | undefined;
  readonly label?: string;
  readonly isBusy?: boolean;
  readonly expanded?: boolean;
  /** -1: reached by other keys than Tab. */
  readonly tabIndex?: 0 | -1;
  readonly buttonRef?: Ref<HTMLButtonElement>;
}

export function Button(props: ButtonProps) {
  const {
    children,
    onClick,
    kind = 'plain',
    size,
    icon,
    type = 'button',
    why,
    label,
    isBusy,
    expanded,
    tabIndex,
    buttonRef,
  } = props;
  const id = useId();
  const isOff = typeof why === 'string' || isBusy === true;
  return (
    <>
      <button
        type={type}
        class={`button ${kind} ${size ?? ''}`}
        ref={buttonRef ?? null}
        aria-disabled={isOff ? 'true' : undefined}
        aria-describedby={typeof why === 'string' ? id : undefined}
        aria-label={label}
        aria-busy={isBusy ? 'true' : undefined}
        aria-expanded={expanded}
        tabIndex={tabIndex}
        title={why ?? label}
        onClick={(event) => {
          if (isOff) event.preventDefault();
          else onClick?.();
        }}
      >
        {icon && <Icon name={icon} />}
        {children}
      </button>
      {typeof why === 'string' && (
        <span id={id} class="hidden-visually">
          {why}
        </span>
      )}
    </>
  );
}
