/**
 * Why Redis cannot be used, in a sentence for the operator: where, what, and what to do where that is known. Never a password:
 * Redis does not repeat one in its answers, and what was sent is not looked at here.
 */

/** What Redis answered with, as long as nobody changes it or RS_STORE: to try again at once is no use. */
export class Refused extends Error {}

/** Says why there is no connection to a place. `at`: host:port. */
export function unreachable(error: unknown, at: string): Error {
  const text = textOf(error);
  // Said by `silent`, which has destroyed the socket with it.
  if (text.startsWith(at)) return error as Error;
  if (/\bECONNREFUSED\b/.test(text)) return new Error(`${text}: nothing listens at ${at}`);
  if (/\b(?:ENOTFOUND|EAI_AGAIN)\b/.test(text)) return new Error(`the host of ${at} cannot be resolved: ${text}`);
  if (/wrong version number|packet length too long|record layer/i.test(text)) {
    return new Error(`${at} does not speak TLS (${text}); use redis:// instead of rediss:// if that is meant`);
  }
  return new Error(`${at} cannot be reached: ${text}`);
}

/** Says what it means that nothing came for so long. Units: milliseconds. */
export function silent(at: string, tls: boolean, limit: number): Error {
  return new Error(`${at} does not answer within ${limit} ms${tls ? '; if it does not speak TLS, use redis://' : ''}`);
}

/** Says what it means that the other side closed the connection, or was silent, before it had answered. */
export function unanswered(at: string, tls: boolean): Error {
  const hint = tls ? '' : '; if it wants TLS, use rediss://';
  return new Error(`${at} closed the connection before it answered${hint}`);
}

/**
 * Says what it means that a command of the handshake was refused. `database`: the one that was asked for. `setting`: what the
 * operator has said it in.
 */
export function refused(
  command: 'AUTH' | 'SELECT' | 'INFO',
  answer: string,
  at: string,
  database: number,
  setting = 'RS_STORE',
): Refused {
  const said = `Redis at ${at} says: ${answer}`;
  if (answer.startsWith('NOAUTH'))
    return new Refused(`Redis at ${at} wants a password, and ${setting} has none that it takes`);
  if (command === 'AUTH') {
    if (answer.startsWith('WRONGPASS') || answer.startsWith('ERR invalid password')) {
      return new Refused(`Redis at ${at} refuses the user or the password of ${setting} (${answer})`);
    }
    if (/without any password configured|no password is set/.test(answer)) {
      return new Refused(`Redis at ${at} has no password, but ${setting} has one: is it the right Redis?`);
    }
  }
  if (command === 'SELECT') {
    if (answer.startsWith('NOPERM')) {
      return new Refused(`this account may not SELECT at ${at}, which database ${database} needs; grant it +select`);
    }
    if (/cluster mode/.test(answer)) {
      return new Refused(`Redis at ${at} is a node of a Cluster, which has database 0 only; use redis+cluster://`);
    }
    if (/out of range|invalid DB index/i.test(answer)) {
      return new Refused(`Redis at ${at} has no database ${database} (${answer})`);
    }
  }
  return new Refused(said);
}

/** Says what a Cluster client found. `nodes`: those of the URL. */
export function noCluster(cause: unknown, nodes: string): Error {
  const text = textOf(cause);
  if (/cluster support disabled/.test(text)) {
    return new Error(`${nodes} is not a Cluster; use redis:// for one server`);
  }
  return new Error(`no node of the Cluster answers (${nodes}): ${text}`);
}

/**
 * Says what became of asking Sentinels. `said`: what the driver says of the last one. `sentinels`: those of the URL. `tls`: asked
 * with TLS.
 */
export function noSentinel(said: string, sentinels: string, tls: boolean): Error {
  const [, at, why] = /^failed to connect to sentinel (\S+) because (.*)$/s.exec(said) ?? [];
  if (at === undefined || why === undefined) return new Error(`no Sentinel answers (${sentinels}): ${said}`);
  const hint = tls ? 'if it does not speak TLS, use redis+sentinel://' : 'if it wants TLS, use rediss+sentinel://';
  // The driver keeps to itself why it was closed.
  if (why === 'Connection is closed.') {
    return new Error(`no Sentinel answers (${sentinels}): ${at} cannot be reached; ${hint}`);
  }
  if (why === 'Command timed out') return new Error(`no Sentinel answers (${sentinels}): ${at} is silent; ${hint}`);
  if (/unknown command/i.test(why)) return new Error(`${at} is no Sentinel; its port is often 26379`);
  return new Error(`no Sentinel answers (${sentinels}): ${at} says: ${why}`);
}

/** Gives the text of an error; of one that stands for several, all of theirs. */
export function textOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(textOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
