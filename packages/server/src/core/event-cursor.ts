/**
 * Where somebody stands who hears events, as text: of one app, or of all apps that they see. Opaque on the wire, and of use for
 * nothing else: no other app takes it. It needs no memory in the server and survives a restart.
 *
 * Of one app: `milliseconds.number.mark`, in base 36. Of all apps: `milliseconds` for all of them (what came into a journal up to
 * then was told), and those apps that are further: `milliseconds~app.ahead.number~…`. Only some are named, so that it stays short;
 * for another one events are told twice, by the same ids, and none is lost.
 */
import { type Fault, ServiceError } from './errors.ts';
import { isPosition, type Position, START } from './events.ts';
import { fingerprint } from './token.ts';

/** Whose events: of one app, or of all that are seen. */
export type Whose = { readonly app: string } | { readonly apps: ReadonlySet<string> | '*' };

/** Where somebody stands. */
export interface Place {
  /** In an app that `at` does not have: behind the events of this instant. Units: epoch milliseconds. */
  readonly base: number;
  readonly at: ReadonlyMap<string, Position>;
}

export function positionIn(place: Place, app: string): Position {
  return place.at.get(app) ?? (place.base === 0 ? START : `${place.base}-0`);
}

const MARK_LENGTH = 6;
/** The most apps that a text names: of 40 characters at most, so 1.3 kB, which every proxy takes in a header. */
export const NAMED_APPS = 32;

const ONE = /^([0-9a-z]{1,10})\.([0-9a-z]{1,10})\.([0-9A-Za-z_-]{6})$/;
const ALL = /^([0-9a-z]{1,10})((?:~[\w-]{3,20}\.[0-9a-z]{1,10}\.[0-9a-z]{1,10}){0,32})$/;

/** Gives what writes where one stands in an app. */
export function appCursors(app: string): (position: Position) => string {
  const mark = markOf(app);
  return (position) => {
    const [ms, nth] = numbersOf(position);
    return `${ms.toString(36)}.${nth.toString(36)}.${mark}`;
  };
}

/** Writes where one stands in all apps. `ahead`: up to NAMED_APPS; those that are not ahead of `base` are left out. */
export function allCursor(base: number, ahead: Iterable<readonly [app: string, position: Position]>): string {
  let text = base.toString(36);
  for (const [app, position] of ahead) {
    const [ms, nth] = numbersOf(position);
    if (ms >= base) text += `~${app}.${(ms - base).toString(36)}.${nth.toString(36)}`;
  }
  return text;
}

/** Reads where somebody stands. `where`: what is told of a text that is wrong. Errors: `invalid_cursor`. */
export function readEventCursor(whose: Whose, text: string, where: Pick<Fault, 'in' | 'at'>): Place {
  const place = 'app' in whose ? readOne(whose.app, text) : readAll(text);
  if (place !== null) return place;
  const message = `${where.at} must be a position that an answer of this very route gave`;
  throw new ServiceError('invalid_cursor', message, { faults: [{ ...where, rule: 'invalid_cursor', message }] });
}

function readOne(app: string, text: string): Place | null {
  const [, ms, nth, mark] = ONE.exec(text) ?? [];
  if (ms === undefined || mark !== markOf(app)) return null;
  const position = `${Number.parseInt(ms, 36)}-${Number.parseInt(nth!, 36)}`;
  const isOwn = isPosition(position) && appCursors(app)(position) === text;
  return isOwn ? { base: 0, at: new Map([[app, position]]) } : null;
}

function readAll(text: string): Place | null {
  const [, begin, rest = ''] = ALL.exec(text) ?? [];
  if (begin === undefined) return null;
  const base = Number.parseInt(begin, 36);
  const ahead = rest.split('~').slice(1);
  const at = new Map(
    ahead.map((part) => {
      const [app = '', ms = '', nth = ''] = part.split('.');
      return [app, `${base + Number.parseInt(ms, 36)}-${Number.parseInt(nth, 36)}`] as const;
    }),
  );
  const isOwn = [`${base}-0`, ...at.values()].every(isPosition) && allCursor(base, at) === text;
  return isOwn ? { base, at } : null;
}

function numbersOf(position: Position): readonly [ms: number, nth: number] {
  const dash = position.indexOf('-');
  return [Number(position.slice(0, dash)), Number(position.slice(dash + 1))];
}

function markOf(app: string): string {
  return fingerprint(JSON.stringify(['events', app])).slice(0, MARK_LENGTH);
}
