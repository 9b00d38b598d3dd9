/** The views of those who help users: find someone, see where they are logged in, end that. */
import type { View } from './view.ts';

export const supportViews: readonly View[] = [
  {
    name: 'search',
    pattern: '/apps/:app/search',
    title: 'view.search',
    scope: 'read',
    navigation: { of: 'app', icon: 'user', order: 20 },
    key: 's',
    load: () => import('./search/search.tsx'),
  },
  {
    name: 'subject',
    pattern: '/apps/:app/subjects/:subject',
    title: 'view.subject',
    scope: 'read',
    load: () => import('./subject/subject.tsx'),
  },
  {
    name: 'session',
    pattern: '/apps/:app/sessions/:id',
    title: 'view.session',
    scope: 'read',
    load: () => import('./session/session.tsx'),
  },
];
