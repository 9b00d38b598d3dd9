/** The view of the address: its code is loaded when it is first wanted, its title goes to the window, the focus to its heading. */
import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { Problem } from '../api/problem.ts';
import { EmptyState, ErrorState, NoScope, SkeletonRows } from '../design/states.tsx';
import { t } from '../messages/index.ts';
import { app } from '../state/app.ts';
import { go, path, to } from '../state/place.ts';
import { apps, may, seesAll } from '../state/session.ts';
import { navigationOf, viewAt } from '../views/index.ts';
import type { View, ViewProps } from '../views/view.ts';
import { AppForm } from './app-switcher.tsx';
import { arrivals } from './searching.ts';

const loaded = new Map<View, ComponentType<ViewProps>>();

export function Outlet() {
  const here = path.value;
  const found = viewAt(here);
  const isHome = here === '/' || here === '/login';
  const home = app.value;
  useEffect(() => {
    const first = navigationOf('app').find(({ scope }) => may(scope)) ?? navigationOf('app')[0];
    if (isHome && home !== null && first) go(to(first.pattern, { app: home }), { replace: true });
  }, [isHome, home]);
  const name = found?.params.app;
  useEffect(() => {
    const title = found === null ? t('product.name') : t(found.view.title);
    document.title = [title, name, found && t('product.name')].filter(Boolean).join(' · ');
  });
  if (isHome || here === '/open') return <Home />;
  if (found === null) {
    return (
      <>
        <h1 class="hidden-visually">{t('state.notFound')}</h1>
        <EmptyState icon="search" title={t('state.notFound')}>
          {t('state.notFoundText')}
        </EmptyState>
      </>
    );
  }
  const { view, params } = found;
  const isForOthers = view.needsAllApps === true && !seesAll();
  if (!may(view.scope) || isForOthers) {
    return (
      <>
        <h1>{t(view.title)}</h1>
        <NoScope scope={view.scope ?? ''} onlyAllApps={may(view.scope) && isForOthers} />
      </>
    );
  }
  // Another subject, session or app is another view of it: nothing of the one before may be seen in it.
  const key = `${view.name} ${JSON.stringify(params)} ${arrivals.value}`;
  return <Loaded key={key} view={view} params={params} />;
}

/** Where one is before an app is known: the list may be still on its way, or there is none to show. */
function Home() {
  if (apps.value === null && may('read')) return <SkeletonRows />;
  return (
    <div class="home">
      <h1>{t('home.title')}</h1>
      <p class="soft">{t('home.text')}</p>
      <AppForm />
    </div>
  );
}

function Loaded({ view, params }: { readonly view: View } & ViewProps) {
  const ready = useSignal(loaded.get(view) ?? null);
  const fault = useSignal<string | null>(null);
  const load = () => {
    fault.value = null;
    view.load().then(
      (module) => {
        loaded.set(view, module.default);
        ready.value = module.default;
      },
      (error: unknown) => {
        fault.value = String(error);
      },
    );
  };
  useLayoutEffect(() => {
    if (ready.value === null) load();
  }, []);
  useFocus(ready.value !== null);
  if (fault.value !== null) return <ErrorState problem={new Problem(0, 'away', fault.value)} onRetry={load} />;
  const Shown = ready.value;
  return Shown === null ? <SkeletonRows /> : <Shown params={params} />;
}

let isFirst = true;

/** Moves the focus to the heading of a view that one went to, so that the next Tab is in it and it is read aloud. */
function useFocus(isThere: boolean): void {
  const place = useRef(false);
  useEffect(() => {
    if (!isThere || place.current) return;
    place.current = true;
    // Not when the page was opened: there the browser begins at the top.
    if (isFirst) {
      isFirst = false;
      return;
    }
    window.scrollTo(0, 0);
    const active = document.activeElement;
    // Somebody who searches goes on typing.
    if (active instanceof HTMLInputElement && active.type === 'search') return;
    const heading = document.querySelector<HTMLElement>('main h1');
    if (heading === null) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }, [isThere]);
}
