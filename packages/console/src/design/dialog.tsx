import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

export interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly actions: ComponentChildren;
  /** Makes it a form: Enter does what its submit button does. */
  readonly onSubmit?: () => void;
  /** While something is on its way it must not be closed by accident. */
  readonly isBusy?: boolean;
}

/**
 * A modal dialog. The browser's own: focus stays inside, Escape closes, what is behind is inert. Focus goes to what has
 * `data-first`, else to the title, and back to where it was.
 */
export function Dialog({ title, onClose, children, actions, onSubmit, isBusy = false }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    const element = dialog.current!;
    element.showModal();
    (element.querySelector<HTMLElement>('[data-first]') ?? element.querySelector<HTMLElement>('h2'))?.focus();
    return () => {
      element.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const content = (
    <>
      <div class="dialog-body">
        <h2 id={id} tabIndex={-1}>
          {title}
        </h2>
        {children}
      </div>
      <div class="dialog-actions">{actions}</div>
    </>
  );
  return (
    <dialog
      class="dialog"
      ref={dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        if (!isBusy) onClose();
      }}
    >
      {onSubmit ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (!isBusy) onSubmit();
          }}
        >
          {content}
        </form>
      ) : (
        content
      )}
    </dialog>
  );
}
