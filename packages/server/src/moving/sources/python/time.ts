/** The instants of Python's datetime, as a pickle or msgpack has them. */
import { PyObject, type PyValue } from './value.ts';

/**
 * Gives the instant of a datetime; one without a time zone is one in UTC, as Flask takes it. Units: epoch milliseconds, whole
 * seconds. Absence: null for what is no datetime, or has a zone whose offset only Python knows.
 */
export function instantOf(value: PyValue): number | null {
  if (!(value instanceof PyObject) || value.of !== 'datetime.datetime') return null;
  const [of, zone] = value.args;
  if (typeof of === 'number') return of * 1000;
  const packed = typeof of === 'string' ? Buffer.from(of, 'latin1') : of;
  if (!Buffer.isBuffer(packed) || packed.length !== 10) return null;
  const offset = offsetOf(zone);
  if (offset === null) return null;
  // The highest bit of the month says which of two hours it is, when clocks are put back.
  const [month, day, hour, minute, second] = [packed[2]! & 0x7f, packed[3]!, packed[4]!, packed[5]!, packed[6]!];
  const date = new Date(0);
  date.setUTCFullYear(packed.readUInt16BE(), month - 1, day);
  date.setUTCHours(hour, minute, second);
  return date.getTime() - offset;
}

/** Units: milliseconds east of UTC. Absence: null for a zone that is a name. */
function offsetOf(zone: PyValue | undefined): number | null {
  if (zone === undefined || zone === null) return 0;
  if (!(zone instanceof PyObject)) return null;
  if (zone.of === 'datetime.timezone.utc' || zone.of === 'pytz._UTC') return 0;
  // A zone of zoneinfo by name: only UTC has no history.
  if (zone.of === 'zoneinfo.ZoneInfo._unpickle') return zone.args[0] === 'UTC' ? 0 : null;
  if (zone.of !== 'datetime.timezone') return null;
  const [delta] = zone.args;
  // timezone(timedelta(days, seconds, microseconds)); timezone.utc is timezone(timedelta(0)).
  if (!(delta instanceof PyObject) || delta.of !== 'datetime.timedelta') return null;
  const [days = 0, seconds = 0] = delta.args;
  return typeof days === 'number' && typeof seconds === 'number' ? (days * 86_400 + seconds) * 1000 : null;
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Writes an instant as HTTP does: `Sun, 29 Nov 2026 00:36:30 GMT`. */
export function httpDate(instant: number): string {
  const date = new Date(instant);
  const two = (value: number) => `${value}`.padStart(2, '0');
  const day = `${DAYS[date.getUTCDay()]}, ${two(date.getUTCDate())} ${MONTHS[date.getUTCMonth()]}`;
  const year = `${date.getUTCFullYear()}`.padStart(4, '0');
  return `${day} ${year} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} GMT`;
}
