/** What a view shows when it has nothing to show: why, and what to do. */
import type { ComponentChildren } from 'preact';
import type { Problem } from '../api/problem.ts';
import { problemText, t } from '../messages/index.ts';
import { Button } from './button.tsx';
import { Icon, type IconName } from './icon.tsx';

export function EmptyState(props: {
  readonly icon?: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
  readonly actions?: ComponentChildren;
}) {
  const { icon = 'empty', title, children, actions } = props;
  return (
    <div class="state">
      <span class="state-icon">
        <Icon name={icon} />
      </span>
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {actions && <div class="actions">{actions}</div>}
    </div>
  );
}

export function ErrorState({ problem, onRetry }: { readonly problem: Problem; readonly onRetry?: () => void }) {
  const isLocked = problem.status === 403;
  return (
    <div class={isLocked ? 'state' : 'state fault'} role="alert">
      <span class="state-icon">
        <Icon name={isLocked ? 'lock' : problem.isAway ? 'away' : 'warn'} />
      </span>
      <h2>{isLocked ? t('state.forbidden') : t('state.failed')}</h2>
      <p class="any-text">{problemText(problem)}</p>
      {onRetry && !isLocked && (
        <div class="actions">
          <Button icon="reload" onClick={onRetry}>
            {t('action.retry')}
          </Button>
        </div>
      )}
    </div>
  );
}

/** A view that needs a scope which who is logged in has not. */
export function NoScope({ scope, onlyAllApps = false }: { readonly scope: string; readonly onlyAllApps?: boolean }) {
  return (
    <EmptyState icon="lock" title={t('state.forbidden')}>
      {onlyAllApps ? t('state.needsAllApps') : t('state.needsScope', scope)}
    </EmptyState>
  );
}

export function SkeletonRows({ rows = 5 }: { readonly rows?: number }) {
  return (
    <div role="status">
      <span class="hidden-visually">{t('state.loading')}</span>
      <ul class="skeleton-rows" aria-hidden="true">
        {Array.from({ length: rows }, (_, i) => (
          <li key={i}>
            <span class="skeleton" />
            <span class="skeleton" />
            <span class="skeleton" />
          </li>
        ))}
      </ul>
    </div>
  );
}

export function Skeleton({
  width = '100%',
  height = '0.75rem',
}: {
  readonly width?: string;
  readonly height?: string;
}) {
  return <span class="skeleton" style={{ inlineSize: width, blockSize: height }} aria-hidden="true" />;
}
