/** Words of the server in the reader's language. What this console does not know is shown as the server says it. */
import { textOf } from './index.ts';

/** What happened, in a word or two: `Begun`. */
export function eventText(type: string): string {
  return textOf(`events.type.${type}`) ?? type;
}

/** What somebody did, as the audit log calls it: `Ended a session`. */
export function actText(act: string): string {
  return textOf(`act.${act}`) ?? act;
}
