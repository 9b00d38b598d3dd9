/** The whole: who is logged in decides between the login and the frame with the view of the address. */
import { effect, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { request, v1 } from '../api/request.ts';
import type { AppCounts, Me } from '../api/types.ts';
import { Toasts } from '../design/toast.tsx';
import { t } from '../messages/index.ts';
import { path } from '../state/place.ts';
import { apps, may, me } from '../state/session.ts';
import Login from '../views/login/login.tsx';
import { Banner } from './banner.tsx';
import './idle.ts';
import { Frame } from './frame.tsx';

/** Why the login is shown, after somebody was logged in. Absence: null. */
export const note = signal<string | null>(null);
let was: Me | null | undefined;

effect(() => {
  const now = me.value;
  if (now) note.value = null;
  // A login that ended by itself keeps the address, and the view comes back after the next one.
  else if (now === null && was && path.peek() !== '/login') note.value = t('login.ended');
  was = now;
});

effect(() => {
  if (me.value) void loadApps(me.value);
  else apps.value = null;
});

/** Asks who is logged in. Nobody is no error; a server that is away is asked again by the banner. */
async function askMe(): Promise<void> {
  await request<Me>('/me').then(
    (answer) => {
      me.value = answer;
    },
    () => undefined,
  );
}

async function loadApps(who: Me): Promise<void> {
  const own = who.apps;
  if (own !== '*') {
    apps.value = [...own].sort();
    return;
  }
  if (!may('read')) return;
  await v1<{ apps: readonly AppCounts[] }>('/apps').then(
    (answer) => {
      if (me.peek() === who) apps.value = answer.apps.map(({ app }) => app).sort();
    },
    () => undefined,
  );
}

export function Shell() {
  useEffect(() => void askMe(), []);
  const who = me.value;
  return (
    <>
      <Banner onReturn={() => who === undefined && void askMe()} />
      {who === undefined && <div class="waiting" />}
      {who === null && <Login note={note.value} />}
      {who && <Frame />}
      <Toasts />
    </>
  );
}
