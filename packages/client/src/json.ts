/** JSON as it is sent. */
import { SessionError } from './errors.ts';

/**
 * Gives the JSON text of a value. `name`: what the value is, for the error. Absence: undefined for what JSON leaves out (undefined,
 * functions). Errors: `invalid_request` for what JSON has no form for, such as a BigInt, with the name of its member.
 */
export function jsonText(value: unknown, name: string): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    const member = failingMember(value) || name;
    const [reason] = (cause as Error).message.split('\n');
    throw new SessionError('invalid_request', `${member} cannot be sent as JSON: ${reason}`, { cause });
  }
}

/** Absence: an empty text. */
function failingMember(value: unknown): string {
  let last = '';
  try {
    JSON.stringify(value, (key, member) => {
      last = key;
      return member;
    });
  } catch {
    // The error is known; where it happened is what was asked.
  }
  return last;
}
