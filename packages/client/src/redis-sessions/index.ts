export { RedisSessions, RedisSessions as default } from './redis-sessions.ts';
export type * from './shapes.ts';
