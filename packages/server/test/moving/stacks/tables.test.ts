/** Tables out of files of SQLite and out of dumps: as the database itself would give them, or a sentence. */
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { WrongSource } from '../../../src/moving/source.ts';
import { rowsOfCsv } from '../../../src/moving/sources/tables/csv.ts';
import { objectsOf } from '../../../src/moving/sources/tables/json-objects.ts';
import { rowsOfDump } from '../../../src/moving/sources/tables/sql-dump.ts';
import { openSqlite } from '../../../src/moving/sources/tables/sqlite.ts';
import type { TextFile } from '../../../src/moving/sources/tables/text-file.ts';
import { temporaryFolder } from '../../support/server.ts';
import { NEEDS_PYTHON, python } from './python.ts';

const COLUMNS = ['session_key', 'session_data', 'expire_date'];

/** Makes a table of `count` rows, some of them longer than a page, and ends without tidying up. */
const MAKE = `import sqlite3, sys, os
path, count, mode, size = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
db = sqlite3.connect(path, isolation_level=None)
db.execute("pragma page_size = " + size)
db.execute("pragma journal_mode = " + mode)
db.execute("pragma wal_autocheckpoint = 0")
db.execute('create table other (a text)')
db.execute('CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL)')
db.execute("begin")
for i in range(count): db.execute("insert into django_session values (?, ?, ?)", (f"k{i}", "é" * (i * 37 % 9000), f"d{i}"))
db.execute("commit")
db.execute("delete from django_session where rowid % 7 = 0")
db.execute("alter table django_session add column extra integer")
db.execute("insert into django_session values ('last', 'x', 'y', 5)")
if mode == "wal":
  db.execute("begin"); db.execute("insert into django_session values ('uncommitted', 'x', 'y', 5)")
os._exit(0)`;

const WANTED = `import sqlite3, sys, json
print(json.dumps([[r[0], len(r[1]), r[2]] for r in sqlite3.connect(sys.argv[1]).execute("select session_key, session_data, expire_date from django_session order by rowid")]))`;

async function read(path: string, after: string | null = null): Promise<{ rows: unknown[][]; positions: string[] }> {
  const table = await openSqlite(path, 'django_session', COLUMNS);
  const [rows, positions]: [unknown[][], string[]] = [[], []];
  try {
    for await (const { row, position } of table.rows(after)) {
      assert.ok(row !== null);
      rows.push([row.session_key, `${row.session_data}`.length, row.expire_date]);
      positions.push(position);
    }
  } finally {
    await table.close();
  }
  return { rows, positions };
}

describe('files of SQLite', { skip: NEEDS_PYTHON }, () => {
  for (const [mode, size] of [
    ['delete', '4096'],
    ['delete', '512'],
    ['wal', '4096'],
    ['wal', '65536'],
  ] as const) {
    test(`every row is there, in a file of pages of ${size} with the journal ${mode}`, async (t) => {
      const path = join(temporaryFolder(t), 'db');
      python(MAKE, path, '600', mode, size);
      const { rows, positions } = await read(path);
      const rest = await read(path, positions[300]!);
      assert.deepEqual(rest.rows, rows.slice(301));
      // SQLite itself puts the log into the file as it closes it, so it is asked last.
      assert.deepEqual(rows, JSON.parse(python(WANTED, path).toString()));
      assert.deepEqual((await read(path)).rows, rows);
    });
  }

  test('a damaged or cut file is a sentence, wherever it is damaged', async (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, 'db');
    python(MAKE, path, '40', 'delete', '512');
    const whole = readFileSync(path);
    const damaged = join(folder, 'damaged');
    for (let at = 0; at < whole.length; at += 997) {
      const bytes = Buffer.from(whole);
      bytes.fill(0xff, at, at + 64);
      writeFileSync(damaged, bytes);
      // What is damaged in the middle of a text cannot be seen here.
      await read(damaged).catch((error) =>
        assert.ok(error instanceof WrongSource || error.name === 'AssertionError', `${error.stack}`),
      );
    }
    copyFileSync(path, damaged);
    truncateSync(damaged, whole.length - 20_000);
    await assert.rejects(read(damaged), /damaged or cut off/);
  });

  test('a file that is written meanwhile, or was left half-written, is refused', async (t) => {
    const path = join(temporaryFolder(t), 'db');
    python(MAKE, path, '50', 'delete', '4096');
    const table = await openSqlite(path, 'django_session', COLUMNS);
    const reading = async () => {
      for await (const _ of table.rows(null)) utimesSync(path, 1, 1);
    };
    await assert.rejects(reading(), /was written while it was read/);
    await table.close();
    writeFileSync(`${path}-journal`, 'x');
    await assert.rejects(read(path), /there is a journal beside it/);
  });
});

/** A text in pieces of a size. */
function pieces(text: string, size: number): TextFile {
  let at = 0;
  return {
    name: 'the file',
    head: async () => text.slice(0, 4096),
    next: async () => {
      const piece = text.slice(at, at + size);
      at += size;
      return piece === '' ? null : piece;
    },
    cutOff: () => new WrongSource('the file is cut off'),
    close: async () => {},
  } as unknown as TextFile;
}

async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

const SQLITE = `PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE "note" ("id" integer, "body" text); -- a 'comment; with signs
INSERT INTO "note" VALUES(1,'it''s; INSERT INTO "django_session" VALUES(''a'',''b'',''c'');--\\');
/* another; 'one */
CREATE TABLE IF NOT EXISTS "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL);
INSERT INTO django_session VALUES('k1','d''1;\\','2026-01-01 00:00:00');
INSERT INTO "django_session" VALUES('k2','',NULL);
INSERT INTO "django_session" VALUES('k3',X'00','e');
INSERT INTO django_session_other VALUES('no','no','no');
COMMIT;
`;
const MYSQL = `-- MySQL dump 10.13
/*!40101 SET NAMES utf8mb4 */;
INSERT INTO \`note\` VALUES (1,'it\\'s; \\\\'),(2,'INSERT INTO \`django_session\` VALUES (1);');
CREATE TABLE \`django_session\` (
  \`session_key\` varchar(40) NOT NULL,
  \`session_data\` longtext NOT NULL,
  \`expire_date\` datetime(6) NOT NULL,
  PRIMARY KEY (\`session_key\`),
  KEY \`k\` (\`expire_date\`)
) ENGINE=InnoDB;
INSERT INTO \`django_session\` VALUES ('k1','d\\'1\\n\\\\','e1'),('k2','x''y','e2');
INSERT INTO \`django_session\` (\`expire_date\`, \`session_key\`, \`session_data\`) VALUES ('e3', 'k3', _binary 'z');
`;
const POSTGRES = `--
-- PostgreSQL database dump
--
COPY public.note (id, body) FROM stdin;
1\tit's; "x
2\tCOPY public.django_session (session_key) FROM stdin;
\\.

COPY public.django_session (session_key, session_data, expire_date) FROM stdin;
k1\td\\t1\\\\\t2026-01-01 00:00:00+00
k2\t\\N\te
\\.

SELECT pg_catalog.setval('x', 1, true);
`;

describe('dumps', () => {
  const cases = {
    sqlite3: [SQLITE, ["k1,d'1;\\,2026-01-01 00:00:00", 'k2,,null', null]],
    mysqldump: [MYSQL, ["k1,d'1\n\\,e1", "k2,x'y,e2", 'k3,z,e3']],
    pg_dump: [POSTGRES, ['k1,d\t1\\,2026-01-01 00:00:00+00', 'k2,null,e']],
  } as const;
  for (const [name, [text, wanted]] of Object.entries(cases)) {
    test(`what ${name} writes is read alike, wherever its pieces end`, async () => {
      for (const size of [1, 2, 3, 5, 7, 11, 64, 100_000]) {
        const rows = await all(rowsOfDump(pieces(text, size), 'django_session'));
        const shown = rows.map((row) => row && COLUMNS.map((column) => `${row[column]}`).join());
        assert.deepEqual(shown, wanted, `pieces of ${size}`);
      }
    });

    test(`what is cut off of ${name} is told, or is whole up to there`, async () => {
      const half = text.slice(0, text.indexOf('k1') + 4);
      await assert.rejects(all(rowsOfDump(pieces(half, 10), 'django_session')), /cut off/);
      await assert.rejects(all(rowsOfDump(pieces(text, 10), 'sessions')), /no table sessions/);
    });
  }

  test('CSV is read alike, wherever its pieces end', async () => {
    const text = '\ufeffsession_key,"session_data",expire_date\r\nk1,"a,""b""\r\nc",e\r\nk2,,""\r\nk3,x\r\nk4,y,z';
    for (const size of [1, 2, 3, 7, 1000]) {
      const rows = await all(rowsOfCsv(pieces(text, size)));
      const shown = rows.map((row) => row && COLUMNS.map((column) => row[column]));
      assert.deepEqual(shown, [['k1', 'a,"b"\r\nc', 'e'], ['k2', null, ''], null, ['k4', 'y', 'z']], `${size}`);
    }
    await assert.rejects(all(rowsOfCsv(pieces('a,b\n1,"2', 3))), /cut off/);
  });

  test('objects of dumpdata are read alike, wherever its pieces end', async () => {
    const objects = [{ model: 'a', pk: '}"\\{', fields: { x: { y: '[' } } }, { model: 'b' }];
    for (const text of [
      JSON.stringify(objects),
      JSON.stringify(objects, null, 2),
      objects.map((o) => JSON.stringify(o)).join('\n'),
    ]) {
      for (const size of [1, 2, 3, 7, 1000]) assert.deepEqual(await all(objectsOf(pieces(text, size))), objects);
      await assert.rejects(all(objectsOf(pieces(text.slice(0, -1), 5))), /cut off/);
    }
  });
});
