/**
 * The audit of one partition: each session against its index entries, then each index entry against its sessions. Sessions
 * first, so that a repair has entered what is missing before it removes what is left over.
 */

import { isLive } from '../../core/expiry.ts';
import type { Session } from '../../core/session.ts';
import { fingerprint, ID_LENGTH, isSessionId } from '../../core/token.ts';
import type { AuditOptions } from '../audit.ts';
import type { Aliases } from './aliases.ts';
import { unpackHash } from './hashes.ts';
import { type Keys, partitionOfId } from './keys.ts';
import { hashOf, isKnownForm, unpackVisit } from './record.ts';
import type { Argument, ScriptCalls } from './script-calls.ts';
import type { Suspects } from './suspects.ts';

export interface PartitionAuditParts {
  readonly calls: ScriptCalls;
  readonly keys: Keys;
  readonly aliases: Aliases;
  readonly suspects: Suspects;
  readonly options: AuditOptions;
}

/** Fault → what it means and what a repair does about it. */
const SESSION_FAULTS: Record<string, readonly [message: string, mended: string]> = {
  activity: ['not in the index of activity, or not at its second: lists miss it', 'entered'],
  due: ['not due at its deadline: the sweep would leave it', 'entered'],
  data: ['its data is gone, and it is read as {}', 'its data is {} now'],
  subject: ['not among the sessions of its subject: ending all of them would miss it', 'entered'],
  record: ['it cannot be read: requests for it fail, and it stays for ever', 'removed: whoever has it logs in again'],
};

/** Index → what an entry without a session leads to. In the order of the walk. */
const INDEXES = {
  subjects: 'sessions of a subject that are no longer there, or are not theirs',
  visitors: 'activity of a subject without sessions: it is counted',
  activity: 'activity of a session that is no longer there: it may be counted',
  due: 'a session to sweep that is no longer there',
  data: 'data of a session that is no longer there, or has it elsewhere',
} as const;

type Index = keyof typeof INDEXES;

/** Entries looked at in one step: a millisecond or two of Redis. */
const STEP = 100;

export class PartitionAudit {
  private readonly parts: PartitionAuditParts;

  constructor(parts: PartitionAuditParts) {
    this.parts = parts;
  }

  /** Audits a partition. Gives how many sessions it has. */
  async run(app: string, partition: string): Promise<number> {
    const keys = this.parts.keys.partition(app, partition);
    const [sessions, data, activity, visitors, subjects, due] = keys as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    await this.sessions(app, partition, keys);
    const places = { subjects, visitors, activity, due, data };
    for (const index of Object.keys(INDEXES) as Index[]) await this.entries(keys, index, places[index]);
    return Number(await this.parts.calls.command('HLEN', [sessions]));
  }

  private async sessions(app: string, partition: string, keys: readonly string[]): Promise<void> {
    const { calls, options } = this.parts;
    for await (const flat of scan((cursor) => calls.command('HSCAN', [keys[0]!, cursor, 'COUNT', STEP]))) {
      const known: string[] = [];
      for (let i = 0; i < flat.length; i += 2) {
        const [id, record] = [flat[i]!.toString('latin1'), flat[i + 1]!];
        const where = `${keys[0]} ${id}`;
        if (record.length > 0 && !isKnownForm(record[0])) {
          const message = `a session of form ${record[0]}, which this version does not know: another one wrote it`;
          options.onFinding({ kind: 'fault', code: 'form', where, message, mended: null });
        } else if (!isSessionId(id) || partitionOfId(id) !== partition) {
          const message = 'a session with an id that does not lead here: nobody reaches it';
          options.onFinding({ kind: 'fault', code: 'place', where, message, mended: null });
        } else {
          known.push(id);
          if (record[1]! % 2 === 1) await this.alias(app, id, unpackHash(hashOf(record)), keys[0]!);
        }
      }
      for (const step of chunks(known, STEP)) {
        for (const [id, fault] of await this.compare('audit-sessions', keys, step)) {
          const [message, mended] = SESSION_FAULTS[fault]!;
          this.tell(`session-${fault}`, `${keys[0]} ${id}`, message, mended);
        }
      }
    }
  }

  private async entries(keys: readonly string[], index: Index, key: string): Promise<void> {
    const { calls } = this.parts;
    const command = index === 'subjects' || index === 'data' ? 'HSCAN' : 'ZSCAN';
    // The values of `data` are as long as data may be.
    const count = index === 'data' ? STEP / 4 : STEP;
    for await (const flat of scan((cursor) => calls.command(command, [key, cursor, 'COUNT', count]))) {
      const members = flat.flatMap((member, i) =>
        i % 2 === 0 ? [{ member, weight: index === 'subjects' ? flat[i + 1]!.length / ID_LENGTH : 1 }] : [],
      );
      for (const step of weighed(members)) {
        for (const [member, fault] of await this.compare('audit-entries', keys, [index, ...step])) {
          const name =
            index === 'subjects' || index === 'visitors' ? `subject ${fingerprint(member.slice(1))}` : member;
          const wrong =
            fault === 'wrong' ? 'a subject’s sessions or their latest activity are not what is noted' : null;
          this.tell(`${index}-${fault}`, `${key} ${name}`, wrong ?? INDEXES[index], wrong ? 'noted anew' : 'removed');
        }
      }
    }
  }

  private async compare(script: 'audit-sessions' | 'audit-entries', keys: readonly string[], args: Argument[]) {
    const { calls, options } = this.parts;
    const flat = (await calls.callTimeless(script, keys, [Number(options.repair), ...args])) as Buffer[];
    return flat.flatMap((name, i) => (i % 2 === 0 ? [[String(name), String(flat[i + 1])] as const] : []));
  }

  /**
   * A session whose token does not say where it is is reached through its alias only. One whose alias was lost gets it back;
   * a copy of which a crashed move made no session does not: its user may have ended the original since.
   */
  private async alias(app: string, id: string, hash: string, sessions: string): Promise<void> {
    const { calls, keys, aliases, suspects, options } = this.parts;
    const read = async () => String((await calls.command('GET', [keys.alias(app, hash)])) ?? '');
    const lead = await read();
    if (lead.startsWith(id) || (lead !== '' && !(await aliases.isUnfinished(app, id)))) return;
    await suspects.add(async () => {
      const record = (await calls.command('HGET', [sessions, id])) as Buffer | null;
      if (record === null || !isKnownForm(record[0]) || record[1]! % 2 === 0) return;
      if (unpackHash(hashOf(record)) !== hash) return;
      const session = sessionOf(record, app, id);
      if (session === null) return;
      const [seconds] = (await calls.command('TIME', [])) as Buffer[];
      const now = Number(seconds) * 1000;
      if (!isLive(session, now)) return;
      const unfinished = await aliases.isUnfinished(app, id);
      // After that question: a move that comes to its end sets the alias before it takes back what it noted.
      const leadNow = await read();
      if (leadNow.startsWith(id)) return;
      if (unfinished) return this.copy(id, sessions);
      if (leadNow !== '') return;
      if (options.repair) {
        if (!(await aliases.restore({ session, hash, now }))) return;
        // Ended meanwhile, it found no alias to remove.
        if (Number(await calls.command('HEXISTS', [sessions, id])) === 0) return aliases.release(app, [[hash, id]]);
      }
      this.tell(
        'alias-lost',
        `${sessions} ${id}`,
        'its token was chosen by its caller and leads nowhere',
        'leads to it again',
      );
    });
  }

  /** It ends by its timeout. A repair does not end it, because the move that made it may still go on. */
  private copy(id: string, sessions: string): void {
    const message = 'made by a change of subject that broke off: no token opens it; it is listed until its timeout';
    this.tell('copy', `${sessions} ${id}`, message, null);
  }

  private tell(code: string, where: string, message: string, mended: string | null): void {
    const { repair, onFinding } = this.parts.options;
    onFinding({ kind: 'fault', code, where, message, mended: repair ? mended : null });
  }
}

/** Goes through what a command of the SCAN family gives, page by page. */
export async function* scan(send: (cursor: string) => Promise<unknown>): AsyncGenerator<Buffer[]> {
  let cursor = '0';
  do {
    const [next, found] = (await send(cursor)) as [Buffer, Buffer[]];
    cursor = String(next);
    yield found;
  } while (cursor !== '0');
}

/** Absence: null when it cannot be read, which is a finding of its own. */
function sessionOf(record: Buffer, app: string, id: string): Session | null {
  try {
    return unpackVisit(Buffer.concat([Buffer.alloc(8), record]), app, id, 0).session;
  } catch {
    return null;
  }
}

/** Cuts entries into steps of a bounded weight. */
function weighed(entries: readonly { member: Buffer; weight: number }[]): Buffer[][] {
  const steps: Buffer[][] = [];
  let room = 0;
  for (const { member, weight } of entries) {
    if (room < weight) {
      steps.push([]);
      room = STEP;
    }
    steps.at(-1)!.push(member);
    room -= weight;
  }
  return steps;
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
