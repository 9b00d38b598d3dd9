/**
 * What the INFO text of a Redis or Valkey server says about the safety of sessions in it. Pure: asked for elsewhere
 * (redis-store.ts). INFO does not tell everything. Whether snapshots are planned (`save`), how often the append-only file
 * reaches the disk (`appendfsync`) and whether a file has a disk of its own are in CONFIG, which we do not ask for.
 */
import type { Finding } from '../finding.ts';

/** What the scripts were written for. Source: ZRANGE BYSCORE and ZADD GT came with Redis 6.2; Valkey began with 7.2. */
const OLDEST = { Redis: [6, 2], Valkey: [7, 2] } as const;

/** From this share of its limit on, the memory of a server is told. */
const NEARLY_FULL = 0.9;
/** So far clocks may be apart. Units: milliseconds. */
const APART = 2000;

/**
 * Judges one master. `wait`: the replicas that RS_REDIS_WAIT asks for. `where`: its name, for the findings. `now`: what time
 * it is here, when it was asked; null: clocks are not compared. Units: epoch milliseconds.
 */
export function judge(info: string, where: string, wait: number, now: number | null = null): Finding[] {
  const fields = fieldsOf(info);
  const sentences = {
    version: version(fields),
    role: role(fields),
    eviction: eviction(fields),
    persistence: persistence(fields),
    'failing-disk': failingDisk(fields),
    replicas: replicas(fields, wait),
    memory: memory(fields),
    clock: now === null ? null : clock(fields, now),
  };
  return Object.entries(sentences).flatMap(([code, message]) =>
    message === null ? [] : [{ kind: 'setting', code, where, message } as const],
  );
}

/** What is found when the account may not ask. */
export function unseen(where: string): Finding {
  const message =
    'this account may not use INFO, so nobody looks at eviction, persistence and version; see docs/operations/redis.md';
  return { kind: 'setting', code: 'info', where, message };
}

type Fields = ReadonlyMap<string, string>;

/** Gives the fields of an INFO text by their names. */
export function fieldsOf(info: string): Fields {
  return new Map([...info.matchAll(/^([a-z0-9_]+):(.*?)\r?$/gm)].map(([, name, value]) => [name!, value!]));
}

function version(fields: Fields): string | null {
  const valkey = fields.get('valkey_version');
  const [name, text] =
    valkey === undefined ? (['Redis', fields.get('redis_version')] as const) : (['Valkey', valkey] as const);
  if (text === undefined)
    return 'this server does not tell its version; Redis 6.2 or Valkey 7.2 is the oldest that works';
  const [major = 0, minor = 0] = text.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST[name];
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return null;
  return `${name} ${text} is too old: ${name} ${oldestMajor}.${oldestMinor} is the oldest that works`;
}

function role(fields: Fields): string | null {
  if (fields.get('role') !== 'slave') return null;
  return 'this server is a replica: it takes no writes, so sessions cannot be made, changed or ended; name its master in RS_STORE';
}

function eviction(fields: Fields): string | null {
  const policy = fields.get('maxmemory_policy') ?? 'noeviction';
  if (policy === 'noeviction' || Number(fields.get('maxmemory') ?? 0) === 0) return null;
  const risk = policy.startsWith('volatile-')
    ? 'keys with a TTL are dropped when memory is full: tokens chosen by a caller then lead nowhere, though their sessions live'
    : 'whole partitions are dropped when memory is full: one in 256 of an app’s users each time, their sessions without their index or the index without its sessions';
  return `maxmemory-policy is ${policy}: ${risk}; set noeviction`;
}

function memory(fields: Fields): string | null {
  const [used, limit] = [Number(fields.get('used_memory')), Number(fields.get('maxmemory'))];
  if (!(limit > 0 && used >= limit * NEARLY_FULL)) return null;
  return `${Math.floor((100 * used) / limit)} % of maxmemory is used: when it is full, ${
    fields.get('maxmemory_policy') === 'noeviction' ? 'creates and changes are refused' : 'sessions are dropped'
  }; raise maxmemory`;
}

/** Sessions live by the clock of Redis; log lines, certificates and keys by the one here. */
function clock(fields: Fields, now: number): string | null {
  const there = Number(fields.get('server_time_usec')) / 1000;
  if (!(Math.abs(there - now) > APART)) return null;
  const seconds = Math.round(Math.abs(there - now) / 1000);
  return `its clock is ${seconds} s ${there > now ? 'ahead of' : 'behind'} the one of this machine: deadlines follow its own, logs, keys and certificates the one here; let both follow NTP`;
}

function persistence(fields: Fields): string | null {
  if (fields.get('aof_enabled') !== '0') return null;
  const snapshots = fields.get('rdb_last_bgsave_time_sec') !== '-1' || Number(fields.get('rdb_saves') ?? 0) > 0;
  const loss = snapshots
    ? 'when this server stops, sessions made since its last snapshot are lost, and sessions ended since then come back'
    : 'and no snapshot was taken since this server started (INFO does not tell whether one is planned): when it stops, sessions are lost';
  return `the append-only file is off${snapshots ? ':' : ','} ${loss}; set appendonly yes`;
}

function failingDisk(fields: Fields): string | null {
  if (fields.get('aof_enabled') === '1' && fields.get('aof_last_write_status') === 'err') {
    return 'the append-only file cannot be written: Redis refuses writes until its disk takes them';
  }
  if (fields.get('rdb_last_bgsave_status') === 'err') {
    return 'the last snapshot failed: Redis refuses writes meanwhile, unless stop-writes-on-bgsave-error is off';
  }
  return null;
}

function replicas(fields: Fields, wait: number): string | null {
  if (wait === 0 || fields.get('role') === 'slave') return null;
  const online = [...fields].filter(
    ([name, value]) => /^slave\d+$/.test(name) && value.includes('state=online'),
  ).length;
  if (online >= wait) return null;
  return `${online} of the ${wait} replicas that RS_REDIS_WAIT asks for are connected: creating, rotating and ending sessions fails`;
}
