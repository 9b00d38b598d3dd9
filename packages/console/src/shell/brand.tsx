import { t } from '../messages/index.ts';

export function Brand() {
  return (
    <span class="brand">
      <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="8" />
        <path d="M9 10h14M9 16h14M9 22h8" />
      </svg>
      <span class="brand-name">{t('product.name')}</span>
    </span>
  );
}
