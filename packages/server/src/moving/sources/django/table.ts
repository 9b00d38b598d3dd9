/** Django's table of sessions (`django.contrib.sessions.backends.db` and `cached_db`), out of an SQLite file or a dump. */
import { type Found, type Given, type Source, UsageFault, WrongSource } from '../../source.ts';
import { type Carried, foundOf, nameOf } from '../carried.ts';
import { readPythonJson } from '../python/json-reader.ts';
import { NotReadable } from '../python/value.ts';
import { openTable } from '../tables/open-table.ts';
import type { Row, TableFile } from '../tables/table.ts';
import { needKeepTokens, secretsOf, subjectPath, timeoutOf } from '../words.ts';
import { Signer } from './signing.ts';
import { carryDjango, DJANGO_SUBJECT, type DjangoRules } from './values.ts';

const TABLE = {
  name: 'django_session',
  columns: ['session_key', 'session_data', 'expire_date'],
  model: 'sessions.session',
  key: 'session_key',
} as const;
/** Of as many rows with a signature at least one must fit, or else the key is not that of this site. */
const TRIED = 1000;

/** Errors: WrongSource, UsageFault. */
export async function openDjangoTable(where: string, given: Given): Promise<Source> {
  needKeepTokens(given, 'Django');
  const secrets = await secretsOf(given);
  if (secrets.length === 0) throw new UsageFault('--secret-file must name a file with SECRET_KEY of settings.py');
  const rules = { app: given.app!, subject: subjectPath(given) ?? DJANGO_SUBJECT, timeout: timeoutOf(given) };
  return new DjangoTable(await openTable(where, TABLE), new Signer(secrets), rules, given.clock);
}

class DjangoTable implements Source {
  readonly name: string;
  private readonly table: TableFile;
  private readonly signer: Signer;
  private readonly rules: DjangoRules;
  private readonly clock: () => number;

  constructor(table: TableFile, signer: Signer, rules: DjangoRules, clock: () => number) {
    this.name = `the table ${TABLE.name} in ${table.name}`;
    this.table = table;
    this.signer = signer;
    this.rules = rules;
    this.clock = clock;
  }

  async total(): Promise<number | null> {
    return this.table.total;
  }

  async *read(after: string | null): AsyncGenerator<Found> {
    // What is left changes nothing, so a wrong key is told before anything was changed.
    let isRight = false;
    let wrong = 0;
    for await (const { row, position } of this.table.rows(after)) {
      const carried = this.carried(row, `row ${position}`);
      if (carried.kind === 'session') isRight = true;
      else if (carried.reason === 'wrong_signature' && ++wrong >= TRIED && !isRight) throw this.wrongKey();
      yield* foundOf(carried, position);
    }
    if (!isRight && wrong > 0) throw this.wrongKey();
  }

  close(): Promise<void> {
    return this.table.close();
  }

  private wrongKey(): WrongSource {
    return new WrongSource(`no signature in ${this.name} fits the key in --secret-file`);
  }

  private carried(row: Row | null, name: string): Carried {
    const { session_key: key, session_data: data, expire_date: date } = row ?? {};
    const deadline = typeof date === 'string' ? instantIn(date) : null;
    if (typeof key !== 'string' || typeof data !== 'string' || deadline === null) return left('unreadable', name);
    const opened = this.signer.open(data);
    if (opened.kind === 'legacy') return left('older_form', nameOf(key));
    if (opened.kind !== 'opened') return left(opened.kind, nameOf(key));
    // A pickle says its protocol first.
    if (opened.bytes[0] === 0x80) return left('pickled', nameOf(key));
    try {
      const values = readPythonJson(opened.bytes.toString());
      if (!(values instanceof Map)) return left('unreadable', nameOf(key));
      return carryDjango(this.rules, key, values, deadline, this.clock());
    } catch (error) {
      if (!(error instanceof NotReadable)) throw error;
      return left('unreadable', nameOf(key));
    }
  }
}

function left(reason: 'unreadable' | 'wrong_signature' | 'older_form' | 'pickled', example: string): Carried {
  return { kind: 'left', reason, example };
}

const DATE = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d{1,6})?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/;

/** Reads an instant as databases write it. Without an offset it is UTC, as Django keeps it (USE_TZ). Absence: null for anything else. */
export function instantIn(text: string): number | null {
  const match = DATE.exec(text);
  if (match === null) return null;
  const [, day, time, fraction = '', zone = 'Z'] = match;
  const offset = zone === 'Z' ? 'Z' : /^.\d\d$/.test(zone) ? `${zone}:00` : zone.replace(/^(.\d\d)(\d\d)$/, '$1:$2');
  const instant = Date.parse(`${day}T${time}${fraction.slice(0, 4)}${offset}`);
  return Number.isNaN(instant) ? null : instant;
}
