export { type RawCookieOptions, rawCookie } from './raw-cookie.ts';
export { type FrameworkSession, RestSessionStore, type SessionStoreOptions } from './session-store.ts';
