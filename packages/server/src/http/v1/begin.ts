/** v1: where somebody begins to hear of events: an instant may stand in the place of a position. */
import { exactInstantOf, looksExact } from '../../core/calendar.ts';
import { invalid } from '../operation/faults.ts';

/** No position begins like that. */
const YEAR = /^\d{4}-/;

/** Reads an instant out of the query. Absence: null for what may be a position. Errors: `invalid_request`. */
export function instantIn(at: string, text: string): number | null {
  if (!YEAR.test(text)) return null;
  const instant = exactInstantOf(text);
  if (instant !== null) return instant;
  const must = `${at} must be an instant with time and zone, as 2026-11-26T07:18:16Z, or a position`;
  throw invalid([{ in: 'query', at, rule: 'format', message: `${must}, not ${kindOf(text)}` }]);
}

function kindOf(text: string): string {
  if (looksExact(text)) return 'one of a day or time that does not exist';
  return /^\d{4}-\d\d-\d\d$/.test(text) ? 'a date' : 'a text that only begins like one';
}
