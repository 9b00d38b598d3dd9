/** What is known of the device that a new session is for: shown in the list of a user's devices. */
export interface Device {
  readonly ip?: string | undefined;
  readonly userAgent?: string | undefined;
}

/** What the server keeps of a browser's name. Units: characters. */
const LONGEST_USER_AGENT = 2048;

/** Gives what the server takes: a browser may call itself anything, at any length. */
export function takenOf({ ip, userAgent }: Device): Device {
  return {
    ...(ip && { ip }),
    ...(userAgent && { userAgent: userAgent.slice(0, LONGEST_USER_AGENT).toWellFormed() }),
  };
}
