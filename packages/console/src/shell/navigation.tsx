import { Icon } from '../design/icon.tsx';
import { t } from '../messages/index.ts';
import { app } from '../state/app.ts';
import { path, to } from '../state/place.ts';
import { may, seesAll } from '../state/session.ts';
import { navigationOf, viewAt } from '../views/index.ts';
import type { View } from '../views/view.ts';

/** The views, of the app and of the server. What the role does not reach is there and says so: nobody looks for it elsewhere. */
export function Navigation() {
  const here = viewAt(path.value)?.view;
  const name = app.value;
  const ofServer = navigationOf('server');
  return (
    <nav id="navigation" class="navigation" aria-label={t('navigation.label')}>
      {name !== null && (
        <ul>
          {navigationOf('app').map((view) => (
            <Item key={view.name} view={view} app={name} isHere={isHere(view, here)} />
          ))}
        </ul>
      )}
      {ofServer.length > 0 && (
        <>
          <h2 class="navigation-head">{t('navigation.ofServer')}</h2>
          <ul>
            {ofServer.map((view) => (
              <Item key={view.name} view={view} app={name} isHere={isHere(view, here)} />
            ))}
          </ul>
        </>
      )}
    </nav>
  );
}

/** A subject and a session are beneath the search. */
function isHere(view: View, here: View | undefined): boolean {
  if (here === undefined) return false;
  return (
    view === here || (here.navigation === undefined && view.name === 'search' && here.pattern.startsWith('/apps/'))
  );
}

function Item({
  view,
  app: name,
  isHere: is,
}: {
  readonly view: View;
  readonly app: string | null;
  readonly isHere: boolean;
}) {
  const { navigation, title, pattern, scope, key, needsAllApps } = view;
  const isLocked = !may(scope) || (needsAllApps === true && !seesAll());
  return (
    <li>
      <a
        href={to(pattern, name === null ? {} : { app: name })}
        aria-current={is ? 'page' : undefined}
        class={isLocked ? 'locked' : ''}
        title={isLocked ? t('state.forbidden') : key ? `g ${key}` : undefined}
      >
        <Icon name={navigation!.icon} />
        <span>{t(title)}</span>
        {isLocked && (
          <>
            <Icon name="lock" />
            <span class="hidden-visually">({t('state.forbidden')})</span>
          </>
        )}
      </a>
    </li>
  );
}
