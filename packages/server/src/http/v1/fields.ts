/** The query parameter `fields`: which members of a session an answer has. */

import { type Fields, SESSION_MEMBERS, type SessionMember } from '../message/wire.ts';
import { invalid, quoted } from '../operation/faults.ts';

const IN_DATA = 'data.';
const MAX_FIELDS = 100;
const NAME = `(?:${SESSION_MEMBERS.join('|')}|data\\.[^,]*)`;
const ONE = new RegExp(`^${NAME}$`);
/** The whole parameter. */
export const FIELDS = new RegExp(`^${NAME}(?:,${NAME})*$`);

/** Reads names with commas between them; `data.…` leads into the data. Errors: `invalid_request`. */
export function readFields(text: string): Fields {
  const names = [...new Set(text.split(','))];
  if (names.length > MAX_FIELDS) throw fault(`fields must be at most ${MAX_FIELDS} names`);
  const members = new Set<SessionMember>();
  const data: string[] = [];
  for (const name of names) {
    if (!ONE.test(name)) throw fault(`fields must be names of session members, not ${quoted(name)}`);
    const isInData = name.startsWith(IN_DATA);
    members.add(isInData ? 'data' : (name as SessionMember));
    if (isInData) data.push(name.slice(IN_DATA.length));
  }
  // In the order of the whole session; `data` itself is more than any path within it.
  return { members: SESSION_MEMBERS.filter((member) => members.has(member)), data: names.includes('data') ? [] : data };
}

function fault(message: string) {
  return invalid([{ in: 'query', at: 'fields', rule: 'format', message }]);
}
