/**
 * Many sessions at once: by one script where a command may be about keys of several slots, because a command of its own for each costs
 * the driver more than all else of the import; else, and where the account may call no script, one by one.
 */
import type { RedisServer } from '../redis-server.ts';
import { FIELDS, type Fields } from './layout.ts';
import { isWrongType } from './old-session.ts';

/**
 * KEYS: sessions
 * RETURNS: for each the fields, or 1 when its key holds a value of another type
 */
const READ = `
local answers = {}
for i, key in ipairs(KEYS) do
  local fields = redis.pcall('HMGET', key, ${FIELDS.map((field) => `'${field}'`).join(', ')})
  answers[i] = fields.err and 1 or fields
end
return answers
`;

/** What stands at a key: the fields, or a value of another type. */
export type Stored = Fields | 'wrong_type';

export class GroupReader {
  private readonly redis: RedisServer;
  private mayCall: boolean;

  constructor(redis: RedisServer) {
    this.redis = redis;
    this.mayCall = redis.anySlot;
  }

  /** Gives what stands at each key. Errors: when Redis does not answer. */
  async read(keys: readonly string[]): Promise<Stored[]> {
    if (this.mayCall) {
      try {
        const answers = (await this.redis.send('EVAL', [READ, keys.length, ...keys])) as (Fields | number)[];
        return answers.map((fields) => (typeof fields === 'number' ? 'wrong_type' : fields));
      } catch (error) {
        if (!/NOPERM|unknown command/i.test((error as Error).message)) throw error;
        this.mayCall = false;
      }
    }
    return Promise.all(keys.map((key) => this.readOne(key)));
  }

  private async readOne(key: string): Promise<Stored> {
    try {
      return (await this.redis.send('HMGET', [key, ...FIELDS])) as Fields;
    } catch (error) {
      if (isWrongType(error)) return 'wrong_type';
      throw error;
    }
  }
}
