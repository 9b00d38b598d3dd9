/** What requests say of a session beside its data and subject: checked, and in the units of the domain. */
import { checkIp, checkLabel, checkUserAgent } from '../../core/validate.ts';
import { durationOf } from '../message/wire.ts';

/** As the schemas have them. Units: seconds. Absence: undefined to leave a member as it is, null for none. */
interface Given {
  readonly ip?: string | null | undefined;
  readonly userAgent?: string | null | undefined;
  readonly label?: string | null | undefined;
  readonly idleTimeout?: number | null | undefined;
  readonly absoluteTimeout?: number | null | undefined;
}

/** Gives the members that a body names. Errors: `invalid_format`. */
export function membersOf({ ip, userAgent, label, idleTimeout, absoluteTimeout }: Given) {
  return {
    ...(ip !== undefined && { ip: ip === null ? null : checkIp(ip) }),
    ...(userAgent !== undefined && { userAgent: userAgent === null ? null : checkUserAgent(userAgent) }),
    ...(label !== undefined && { label: label === null ? null : checkLabel(label) }),
    ...(idleTimeout !== undefined && { idleTimeout: durationOf(idleTimeout) }),
    ...(absoluteTimeout !== undefined && { absoluteTimeout: durationOf(absoluteTimeout) }),
  };
}
