export { type FrameworkSession, RestSessionStore, type SessionStoreOptions } from './session-store.ts';
