/** Short words about what has been done. What must be read stands in the view; a toast may be missed. */
import { signal } from '@preact/signals';
import { t } from '../messages/index.ts';
import { Button } from './button.tsx';
import { Icon } from './icon.tsx';

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'good' | 'fault';
}

const STAYS = 8_000;
const toasts = signal<readonly Toast[]>([]);
let last = 0;

export function toast(text: string, tone: Toast['tone'] = 'good'): void {
  const id = ++last;
  toasts.value = [...toasts.value.slice(-2), { id, text, tone }];
  // A fault stays until it is closed.
  if (tone === 'good') setTimeout(() => drop(id), STAYS);
}

function drop(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, text, tone }) => (
        <div key={id} class={`toast ${tone}`}>
          <Icon name={tone === 'good' ? 'check' : 'warn'} />
          <span class="any-text">{text}</span>
          <Button kind="quiet" size="small" icon="close" label={t('action.close')} onClick={() => drop(id)} />
        </div>
      ))}
    </div>
  );
}
