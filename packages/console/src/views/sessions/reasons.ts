/** Why a session ended, in words. A reason of a newer server is shown as it is called. */
import type { Tone } from '../../design/badge.tsx';
import { textOf } from '../../messages/index.ts';

export function reasonText(reason: string): string {
  return textOf(`reason.${reason}`) ?? reason;
}

/** Who ended it decides the colour: the user, somebody else, or time. */
export function reasonTone(reason: string): Tone {
  if (reason === 'logout') return 'good';
  if (reason === 'idle' || reason === 'absolute') return 'plain';
  return reason === 'revoked' || reason === 'subject' || reason === 'app' ? 'danger' : 'warn';
}
