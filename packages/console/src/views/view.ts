/** What a view is to the shell. */
import type { ComponentType } from 'preact';
import type { Scope } from '../api/types.ts';
import type { IconName } from '../design/icon.tsx';
import type { MessageKey } from '../messages/index.ts';
import type { Params } from '../state/addresses.ts';

export interface ViewProps {
  /** What `:app`, `:subject`, `:id` stand for. */
  readonly params: Params;
}

export interface View {
  readonly name: string;
  /** Below /console: `/apps/:app/events`. */
  readonly pattern: string;
  readonly title: MessageKey;
  /** What its reader must be allowed to. null: nothing. */
  readonly scope: Scope | null;
  /** Of the server and not of one app: for those who see all apps. */
  readonly needsAllApps?: boolean;
  /** Where it stands in the navigation. Absence: nowhere. */
  readonly navigation?: { readonly of: 'app' | 'server'; readonly icon: IconName; readonly order: number };
  /** Pressed after `g`. Absence: none. */
  readonly key?: string;
  readonly load: () => Promise<{ readonly default: ComponentType<ViewProps> }>;
}
