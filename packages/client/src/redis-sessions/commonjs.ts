/**
 * What `require('rest-sessions-client/redis-sessions')` gives: the class itself, as 2 and 3 have it, with `default` as 4 has it. It is
 * compiled for CommonJS alone, together with what it stands on (tsconfig.commonjs.json).
 */
import { RedisSessions as Sessions } from './redis-sessions.ts';
import type * as shapes from './shapes.ts';

class RedisSessions<SessionData extends shapes.Values = shapes.Values> extends Sessions<SessionData> {
  static readonly default = RedisSessions;
  static readonly RedisSessions = RedisSessions;
}

declare namespace RedisSessions {
  type Session<T extends shapes.Values = shapes.Values> = shapes.Session<T>;
  type Found<T extends shapes.Values = shapes.Values> = shapes.Found<T>;
  type Callback<T> = shapes.Callback<T>;
  type RedisSessionsOptions = shapes.RedisSessionsOptions;
}

export = RedisSessions;
