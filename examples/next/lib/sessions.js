// The sessions of the shop. SESSIONS_URL and SESSIONS_KEY say where the server is and who asks it.
import { cookies, headers } from 'next/headers';
import { createNextSessions } from 'rest-sessions-client/next';

export const { client, getSession, verify } = createNextSessions({
  url: process.env.SESSIONS_URL ?? 'http://127.0.0.1:3000',
  key: process.env.SESSIONS_KEY,
  app: 'next-shop',
  cookies,
  headers,
  cookie: { secure: false }, // leave it out where the site has HTTPS
});

/** Each item is a key of its own: of two pages that put different items into the cart at once, none loses its item. */
export const ITEM = 'item:';

export function cartOf(data) {
  return Object.entries(data).filter(([key]) => key.startsWith(ITEM));
}
