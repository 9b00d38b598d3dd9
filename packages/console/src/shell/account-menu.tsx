/** Who is logged in, how the console looks, and the way out. */
import { useRef } from 'preact/hooks';
import { Problem } from '../api/problem.ts';
import { request } from '../api/request.ts';
import { Button } from '../design/button.tsx';
import { Icon } from '../design/icon.tsx';
import { Segments } from '../design/segments.tsx';
import { toast } from '../design/toast.tsx';
import { problemText, t } from '../messages/index.ts';
import { go, setQuery, to } from '../state/place.ts';
import { me } from '../state/session.ts';
import { hasKeys, LANGUAGES, language, ownLanguage, theme, zone } from '../state/settings.ts';
import { isHelpOpen } from './keyboard.ts';

export function AccountMenu() {
  const who = me.value;
  const menu = useRef<HTMLDivElement>(null);
  if (!who) return null;
  const leave = async (everywhere: boolean) => {
    try {
      if (everywhere) {
        const { ended } = await request<{ ended: number }>('/logout-everywhere', { method: 'POST', body: {} });
        toast(t('login.everywhere', ended));
      } else await request('/logout', { method: 'POST', body: {} });
      go(to('/login'));
      me.value = null;
    } catch (error) {
      if (error instanceof Problem) toast(problemText(error), 'fault');
    }
  };
  return (
    <div class="account">
      <button type="button" class="button quiet account-button" popovertarget="account-menu">
        <Icon name="user" />
        <span class="hidden-visually">{t('menu.account')}: </span>
        <span class="account-name cut">{who.name}</span>
        <Icon name="chevron" />
      </button>
      <div id="account-menu" class="account-menu" popover="auto" ref={menu}>
        <div class="account-who">
          <strong class="any-text">{who.name}</strong>
          <span class="faint any-text">{t('menu.scopes', who.scopes.join(', '))}</span>
          <span class="faint any-text">
            {who.apps === '*' ? t('menu.appsAll') : t('menu.apps', who.apps.join(', '))}
          </span>
        </div>
        <Segments
          legend={t('menu.theme')}
          value={theme.value}
          options={[
            ['system', t('menu.themeSystem')],
            ['light', t('menu.themeLight')],
            ['dark', t('menu.themeDark')],
          ]}
          onChoose={(value) => setQuery({ theme: value === 'system' ? null : value })}
        />
        <Segments
          legend={t('menu.zone')}
          value={zone.value}
          options={[
            ['local', t('menu.zoneLocal')],
            ['utc', t('menu.zoneUtc')],
          ]}
          onChoose={(value) => setQuery({ zone: value === 'local' ? null : value })}
        />
        <Segments
          legend={t('menu.language')}
          value={language.value}
          options={Object.entries(LANGUAGES)}
          onChoose={(value) => setQuery({ lang: value === ownLanguage ? null : value })}
        />
        <Segments
          legend={t('menu.keys')}
          value={hasKeys.value ? 'on' : 'off'}
          options={[
            ['on', t('menu.keysOn')],
            ['off', t('menu.keysOff')],
          ]}
          onChoose={(value) => setQuery({ keys: value === 'on' ? null : value })}
        />
        <div class="account-actions">
          <Button
            kind="quiet"
            icon="keyboard"
            onClick={() => {
              menu.current?.hidePopover();
              isHelpOpen.value = true;
            }}
          >
            {t('menu.keysShow')}
          </Button>
          <Button kind="quiet" icon="out" onClick={() => void leave(false)}>
            {t('menu.logout')}
          </Button>
          {who.way !== 'open' && (
            <Button kind="quiet" icon="out" onClick={() => void leave(true)}>
              {t('menu.logoutEverywhere')}
            </Button>
          )}
        </div>
      </div>
    </div>
  );
}
