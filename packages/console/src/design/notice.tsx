import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon.tsx';

const ICONS = { plain: 'info', good: 'check', warn: 'warn', danger: 'warn' } as const satisfies Record<
  string,
  IconName
>;

/** Something said in its place. `isLive`: it appeared by what the reader did, and is read aloud. */
export function Notice(props: {
  readonly tone?: keyof typeof ICONS;
  readonly isLive?: boolean;
  readonly children: ComponentChildren;
}) {
  const { tone = 'plain', isLive = false, children } = props;
  return (
    <div class={`notice ${tone}`} role={isLive ? (tone === 'danger' ? 'alert' : 'status') : undefined}>
      <Icon name={ICONS[tone]} />
      <div class="any-text">{children}</div>
    </div>
  );
}
