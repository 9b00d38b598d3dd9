/**
 * The layout in Redis, drawn once. One layout for one server, Sentinel and Cluster: an app has 256 partitions, the braces
 * put a partition's keys into one slot, and a subject with all their sessions is in one partition. Ids are whole (16).
 *
 *   {ns:app:pp}:s   hash   id → record (record.ts)
 *   {ns:app:pp}:j   hash   id → data, when it is longer than lua/index.lua keeps within the record
 *   {ns:app:pp}:a   zset   id by the second of lastSeenAt                activity
 *   {ns:app:pp}:v   zset   '+' subject by the latest second of theirs    visitors
 *   {ns:app:pp}:u   hash   '+' subject → ids, one after the other        subjects
 *   {ns:app:pp}:d   zset   id by the instant the sweep looks at it       due; never later than the deadline
 *   {ns:app:pp}:m:ID string id, with a TTL                               where a session moved (move.ts)
 *   {ns:app:pp}:c:ID string id, with a TTL                               of what session this is an unfinished copy (move.ts)
 *   {ns:app:pp}:l:ID string, with a TTL                                  its lock (core/lock.ts), while there is one
 *   {ns:app:HASH}:l string, with a TTL                                   the lock of a token that opens nothing (locks.ts)
 *   {ns:app:pp}:x:… hash   as :s, with a TTL                            sessions that ended with their app (endings.ts)
 *   {ns:app:HASH}:t string id:until (0: claimed), with a TTL             a token that does not say where its session is
 *   {ns:app:HASH}:n string until:text, with a TTL                        a memo
 *   {ns:app:pp}:h:SUBJECT list of what has ended, with a TTL             its history (history.ts)
 *   {ns:app:pp}:o   hash   n last number, t last moved on, number → line, m:ID held   outbox, in a Cluster (outboxes.ts)
 *   {ns:app:e}:e    stream position → line                               the journal (core/event-line.ts)
 *   {ns:app:e}:k    hash   n last position, f floor, b bytes, p:pp copied up to, m:ID held   what is known of it (journal.ts)
 *   {ns:app:q}:q    zset   count, changes, good until; leases by their end   of an app with a quota (quotas.ts)
 *   ns:apps         zset   app by how often it was entered               for the sweep, which also empties it
 *   ns:journals     zset   app by when it was entered last               those that have a journal
 *   ns:format       string the highest form of a record (format.ts)
 *
 * One key per session was rejected: 60 bytes more for each, a TTL and its 40 bytes on top, and an index that Redis'
 * own expiry would leave behind. So nothing in a partition that lives has a TTL: the sweep removes it.
 */
import { PARTITIONS, partitionOf } from '../../core/token.ts';
import { encode } from './pipe.ts';

/** All partitions of an app. */
export const ALL_PARTITIONS: readonly string[] = Array.from({ length: PARTITIONS }, (_, i) =>
  i.toString(16).padStart(2, '0'),
);

/** Apps whose key names are kept: writing them anew costs a read more than all else in this process but HTTP. */
const KEPT = 64;

/** The keys of a partition, and how those that a read takes are sent. */
interface Kept {
  readonly keys: readonly string[];
  readonly read: ReadKeys;
}

/** What lua/get.lua takes for one read: sessions, data, activity, visitors. */
export interface ReadKeys {
  readonly keys: readonly string[];
  /** The same, encoded: writing them anew for each read costs more than all else of it. */
  readonly text: string;
}

export class Keys {
  private readonly namespace: string;
  /** app → partition → keys */
  private readonly kept = new Map<string, Map<string, Kept>>();

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  /** Gives the keys of a partition, in the order of the scripts: sessions, data, activity, visitors, subjects, due. */
  partition(app: string, partition: string): readonly string[] {
    return this.of(app, partition).keys;
  }

  /** Gives the keys that a read of a session takes. */
  ofRead(app: string, id: string): ReadKeys {
    return this.of(app, partitionOfId(id)).read;
  }

  private of(app: string, partition: string): Kept {
    const ofApp = this.kept.get(app) ?? this.keep(app);
    let kept = ofApp.get(partition);
    if (kept === undefined) {
      const tag = this.tag(app, partition);
      const keys = [`${tag}:s`, `${tag}:j`, `${tag}:a`, `${tag}:v`, `${tag}:u`, `${tag}:d`];
      const read = keys.slice(0, 4);
      kept = { keys, read: { keys: read, text: encode(read) } };
      ofApp.set(partition, kept);
    }
    return kept;
  }

  private keep(app: string): Map<string, Kept> {
    // Clients choose the names of apps: those that come and go must not fill the memory.
    if (this.kept.size === KEPT) this.kept.clear();
    const ofApp = new Map<string, Kept>();
    this.kept.set(app, ofApp);
    return ofApp;
  }

  /** Gives the keys of the partition of a session. */
  ofSession(app: string, id: string): readonly string[] {
    return this.partition(app, partitionOfId(id));
  }

  alias(app: string, hash: string): string {
    return `${this.tag(app, hash)}:t`;
  }

  /** Where word is left of a session that moved. */
  moved(app: string, id: string): string {
    return `${this.tag(app, partitionOfId(id))}:m:${id}`;
  }

  /** Where a session says that it was copied from, until its token opens it. */
  copied(app: string, id: string): string {
    return `${this.tag(app, partitionOfId(id))}:c:${id}`;
  }

  /** The lock of a session. */
  lock(app: string, id: string): string {
    return `${this.tag(app, partitionOfId(id))}:l:${id}`;
  }

  /** The lock of a token that opens nothing. */
  tokenLock(app: string, hash: string): string {
    return `${this.tag(app, hash)}:l`;
  }

  /** Where the sessions of a partition wait to be counted that ended all at once. `mark`: 16 characters of this one end. */
  ended(app: string, partition: string, mark: string): string {
    return `${this.tag(app, partition)}:x:${mark}`;
  }

  /** Where the lines of a partition wait to be moved on, in a Cluster. */
  outbox(app: string, partition: string): string {
    return `${this.tag(app, partition)}:o`;
  }

  /** The journal of an app, and what is known of it: one slot. */
  journal(app: string): { readonly stream: string; readonly known: string; readonly probe: string } {
    const tag = this.tag(app, 'e');
    return { stream: `${tag}:e`, known: `${tag}:k`, probe: `${tag}:p` };
  }

  /** What has ended of a subject. */
  history(app: string, subject: string): string {
    return `${this.tag(app, partitionOf(subject))}:h:${subject}`;
  }

  quota(app: string): string {
    return `${this.tag(app, 'q')}:q`;
  }

  memo(app: string, name: string): string {
    return `${this.tag(app, name)}:n`;
  }

  get apps(): string {
    return `${this.namespace}:apps`;
  }

  get journals(): string {
    return `${this.namespace}:journals`;
  }

  /** What the versions that used the namespace have noted. */
  get format(): string {
    return `${this.namespace}:format`;
  }

  /** A key that is written and removed at once. */
  get probe(): string {
    return `${this.namespace}:probe`;
  }

  private tag(app: string, part: string): string {
    return `{${this.namespace}:${app}:${part}}`;
  }
}

export function partitionOfId(id: string): string {
  return id.slice(0, 2);
}
