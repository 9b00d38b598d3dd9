/** The sessions of Spring Session in Redis, of both of its repositories: one hash a session, with what Java or Jackson serialized. */
import { MAX_TIMEOUT } from '../../../core/policy.ts';
import { type Given, type Source, UsageFault } from '../../source.ts';
import { type Carried, carry, nameOf, type Times } from '../carried.ts';
import { isJava, JavaObject, NotJava, readJava } from '../java/object-stream.ts';
import { readPythonJson } from '../python/json-reader.ts';
import { NotReadable } from '../python/value.ts';
import { RedisServer } from '../redis-server.ts';
import { RedisSource } from '../redis-source.ts';
import { needKeepTokens, subjectPath } from '../words.ts';
import { type Attributes, OnlyJava, packAttributes } from './attributes.ts';

/** `spring.session.redis.namespace` where nobody has changed it. */
const DEFAULT_NAMESPACE = 'spring:session';
const ATTRIBUTE = 'sessionAttr:';

/** Errors: WrongSource, UsageFault. */
export async function openSpringSession(where: string, given: Given): Promise<Source> {
  needKeepTokens(given, 'Spring Session');
  const prefix = `${given.text('prefix') ?? DEFAULT_NAMESPACE}:sessions:`;
  const cookieOf = cookieForm(given.text('cookie'));
  const path = subjectPath(given);
  return new RedisSource(await RedisServer.open(where, '--from'), {
    name: 'Spring Session',
    // `…:sessions:expires:ID` and `…:sessions:ID:idx` stand beside them.
    tokenIn: (key) => {
      const id = key.startsWith(prefix) ? key.slice(prefix.length) : '';
      return id === '' || id.startsWith('expires:') || id.endsWith(':idx') ? null : id;
    },
    command: 'HGETALL',
    read: (id, answer) => {
      try {
        return carried(given.app!, cookieOf(id), hashOf(answer as Buffer[]), path);
      } catch (error) {
        if (error instanceof OnlyJava) return { kind: 'left', reason: 'only_java', example: nameOf(id) };
        if (!(error instanceof NotReadable || error instanceof NotJava)) throw error;
        return { kind: 'left', reason: 'unreadable', example: nameOf(id) };
      }
    },
    hint: `its keys would begin with ${prefix} (spring.session.redis.namespace is what --prefix names)`,
  });
}

/** Spring's cookie is the id in base64, unless the application has turned that off. */
function cookieForm(given: string | undefined): (id: string) => string {
  if (given === 'raw') return (id) => id;
  if (given !== undefined && given !== 'base64')
    throw new UsageFault('--cookie must be base64, as Spring does, or raw');
  return (id) => Buffer.from(id).toString('base64');
}

function hashOf(answer: readonly Buffer[]): Map<string, Buffer> {
  const fields = new Map<string, Buffer>();
  for (let i = 0; i + 1 < answer.length; i += 2) fields.set(answer[i]!.toString(), answer[i + 1]!);
  return fields;
}

function carried(
  app: string,
  token: string,
  fields: ReadonlyMap<string, Buffer>,
  path: readonly string[] | null,
): Carried {
  const times = timesIn(fields);
  const written = [...fields].filter(([name]) => name.startsWith(ATTRIBUTE));
  const attributes = packAttributes(new Map(written.map(([name, bytes]) => [name.slice(ATTRIBUTE.length), bytes])));
  const { subject, lost } = subjectOf(attributes, path);
  return carry({ app, token, subject, data: attributes.data, lost: [...attributes.lost, ...lost], times });
}

function subjectOf(
  { principal, textAt }: Attributes,
  path: readonly string[] | null,
): { subject: string | null; lost: readonly string[] } {
  if (path !== null) return { subject: textAt(path), lost: [] };
  if (principal.kind === 'user') return { subject: principal.name, lost: [] };
  return { subject: null, lost: principal.kind === 'nobody' ? [] : [`the user (${principal.type})`] };
}

/** A session that never ends has the longest timeout there is: ours must have one. Errors: NotReadable. */
function timesIn(fields: ReadonlyMap<string, Buffer>): Times {
  const [createdAt, lastSeenAt, seconds] = ['creationTime', 'lastAccessedTime', 'maxInactiveInterval'].map((name) =>
    numberIn(fields.get(name)),
  );
  const idleTimeout = seconds! < 0 ? MAX_TIMEOUT : seconds! * 1000;
  return { createdAt: createdAt!, lastSeenAt: lastSeenAt!, idleTimeout, absoluteExpiresAt: null };
}

/** Errors: NotReadable. */
function numberIn(bytes: Buffer | undefined): number {
  if (bytes === undefined) throw new NotReadable('it has no times');
  if (!isJava(bytes)) {
    const json = readPythonJson(bytes.toString());
    const number = Array.isArray(json) ? json[1] : json;
    if (typeof number === 'number') return number;
    throw new NotReadable('a time is none');
  }
  const item = readJava(bytes);
  const number = item instanceof JavaObject ? item.fields.get('value') : null;
  if (typeof number === 'number' || typeof number === 'bigint') return Number(number);
  throw new NotReadable('a time is none');
}
