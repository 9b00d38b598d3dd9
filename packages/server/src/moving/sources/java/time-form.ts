/** Instants and dates of Java, as their `toString` writes them. */
import { type Form, textForm } from './form.ts';
import type { JavaObject } from './object-stream.ts';

/** `java.util.Date`: it has written its milliseconds. */
export function dateForm({ written }: JavaObject): Form | null {
  const [bytes] = written;
  if (!Buffer.isBuffer(bytes) || bytes.length !== 8) return null;
  return dateFormOf(Number(bytes.readBigInt64BE()));
}

/** Units: epoch milliseconds. Absence: null for one that is too far away for JavaScript. */
export function dateFormOf(instant: number): Form | null {
  const second = Math.floor(instant / 1000);
  const text = instantText(second, (instant - second * 1000) * 1_000_000);
  return text === null ? null : textForm(text, 'Date');
}

/** `java.time.Ser`, which stands for the types of java.time: a number says which. */
export function timeForm({ written }: JavaObject): Form | null {
  const [bytes] = written;
  if (!Buffer.isBuffer(bytes) || written.length !== 1) return null;
  try {
    switch (bytes[0]) {
      case 2: {
        const text = instantText(Number(bytes.readBigInt64BE(1)), bytes.readInt32BE(9));
        return text === null ? null : textForm(text, 'Instant');
      }
      case 3:
        return textForm(dayText(bytes), 'LocalDate');
      case 5:
        return textForm(`${dayText(bytes)}T${timeText(bytes.subarray(7))}`, 'LocalDateTime');
      default:
        return null;
    }
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const two = (number: number) => `${number}`.padStart(2, '0');

function dayText(bytes: Buffer): string {
  const year = bytes.readInt32BE(1);
  return `${yearText(year)}-${two(bytes.readInt8(5))}-${two(bytes.readInt8(6))}`;
}

/** What ends in zeros is left out; the last number that is there is written as its complement. */
function timeText(bytes: Buffer): string {
  const numbers: number[] = [];
  for (let i = 0; i < 3; i++) {
    const number = bytes.readInt8(i);
    numbers.push(number < 0 ? ~number : number);
    if (number < 0) break;
  }
  const isWhole = bytes.readInt8(numbers.length - 1) < 0;
  const nanos = isWhole ? 0 : bytes.readInt32BE(3);
  const [hour = 0, minute = 0, second = 0] = numbers;
  const seconds = second === 0 && nanos === 0 ? '' : `:${two(second)}${fraction(nanos)}`;
  return `${two(hour)}:${two(minute)}${seconds}`;
}

/** At least four digits, and a sign before more. */
function yearText(year: number): string {
  const digits = `${Math.abs(year)}`.padStart(4, '0');
  return year < 0 ? `-${digits}` : year > 9999 ? `+${digits}` : digits;
}

/** Absence: null for one that is too far away for JavaScript. */
function instantText(seconds: number, nanos: number): string | null {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return null;
  const rest = date
    .toISOString()
    .replace(/^[+-]?\d+/, '')
    .replace(/\.\d+Z$/, `${fraction(nanos)}Z`);
  return yearText(date.getUTCFullYear()) + rest;
}

/** In groups of three digits, as many as are needed. */
function fraction(nanos: number): string {
  const digits = `${nanos}`.padStart(9, '0');
  return nanos === 0 ? '' : `.${digits.replace(/(?:000){1,2}$/, '')}`;
}
