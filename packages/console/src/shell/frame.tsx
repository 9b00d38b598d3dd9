/** The frame around each view: the header with the search, the navigation, and the place for the view. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Icon } from '../design/icon.tsx';
import { t } from '../messages/index.ts';
import { path } from '../state/place.ts';
import { AccountMenu } from './account-menu.tsx';
import { AppSwitcher } from './app-switcher.tsx';
import { Brand } from './brand.tsx';
import { listenToKeys } from './keyboard.ts';
import { KeysDialog } from './keys-dialog.tsx';
import { Navigation } from './navigation.tsx';
import { Outlet } from './outlet.tsx';
import { SearchBox } from './search-box.tsx';

const isOpen = signal(false);

export function Frame() {
  useEffect(listenToKeys, []);
  const here = path.value;
  useEffect(() => {
    isOpen.value = false;
  }, [here]);
  return (
    <div class={isOpen.value ? 'frame open' : 'frame'}>
      <a class="skip" href="#main">
        {t('shell.skip')}
      </a>
      <header class="top">
        <button
          type="button"
          class="button quiet menu-button"
          aria-expanded={isOpen.value}
          aria-controls="navigation"
          onClick={() => {
            isOpen.value = !isOpen.value;
          }}
        >
          <Icon name={isOpen.value ? 'close' : 'menu'} />
          <span class="hidden-visually">{t('menu.navigation')}</span>
        </button>
        <Brand />
        <AppSwitcher />
        <SearchBox />
        <AccountMenu />
      </header>
      <Navigation />
      <main id="main" class="main" tabIndex={-1}>
        <Outlet />
      </main>
      <KeysDialog />
    </div>
  );
}
