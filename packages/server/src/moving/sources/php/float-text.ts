/**
 * Numbers with a fraction as PHP writes them with `serialize_precision = -1`, its default: the fewest digits that lead back to the number,
 * which JavaScript finds as well, but laid out as PHP does.
 */

/** From so many digits before the point on, and so many zeros behind it, PHP writes an exponent. */
const MOST_DIGITS = 17;
const MOST_ZEROS = 3;

/** Gives the text in serialize(): `0.1`, `1.0E+25`, `-0`, `INF`. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NAN';
  if (!Number.isFinite(value)) return value > 0 ? 'INF' : '-INF';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [, sign = '', first = '', rest = '', power = ''] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(
    value.toExponential(),
  )!;
  const digits = first + rest;
  const exponent = Number(power);
  // Where the point is: 1 is behind the first digit.
  const point = exponent + 1;
  if (point > MOST_DIGITS || point < -MOST_ZEROS)
    return `${sign}${first}.${rest || '0'}E${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  const whole = digits.slice(0, point).padEnd(point, '0');
  const fraction = digits.slice(point);
  return `${sign}${whole}${fraction && `.${fraction}`}`;
}

/** Gives the text in JSON, which keeps that it has a fraction: `1.0`, `1.0e+25`. */
export function floatJson(value: number): string {
  const text = floatText(value).replace('E', 'e');
  return text.includes('.') ? text : `${text}.0`;
}
