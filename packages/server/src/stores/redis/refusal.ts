/**
 * Why Redis cannot be used, in a sentence for the operator: where, what, and what to do where that is known. Never a password:
 * Redis does not repeat one in its answers, and what was sent is not looked at here.
 */

/** Says why there is no connection to a place. `at`: host:port. */
export function unreachable(error: unknown, at: string): Error {
  const text = textOf(error);
  if (/\bECONNREFUSED\b/.test(text)) return new Error(`${text}: nothing listens at ${at}`);
  if (/\b(?:ENOTFOUND|EAI_AGAIN)\b/.test(text)) return new Error(`the host of ${at} cannot be resolved: ${text}`);
  if (/wrong version number|packet length too long|record layer/i.test(text)) {
    return new Error(`${at} does not speak TLS (${text}); use redis:// instead of rediss:// if that is meant`);
  }
  return new Error(`${at} cannot be reached: ${text}`);
}

/** Says what it means that the other side closed the connection, or was silent, before it had answered. */
export function unanswered(at: string, tls: boolean): Error {
  const hint = tls ? '' : '; if it wants TLS, use rediss://';
  return new Error(`${at} closed the connection before it answered${hint}`);
}

/** Says what it means that a command of the handshake was refused. `database`: the one that was asked for. */
export function refused(command: 'AUTH' | 'SELECT' | 'INFO', answer: string, at: string, database: number): Error {
  const said = `Redis at ${at} says: ${answer}`;
  if (answer.startsWith('NOAUTH'))
    return new Error(`Redis at ${at} wants a password, and RS_STORE has none that it takes`);
  if (command === 'AUTH') {
    if (answer.startsWith('WRONGPASS') || answer.startsWith('ERR invalid password')) {
      return new Error(`Redis at ${at} refuses the user or the password of RS_STORE (${answer})`);
    }
    if (/without any password configured|no password is set/.test(answer)) {
      return new Error(`Redis at ${at} has no password, but RS_STORE has one: is it the right Redis?`);
    }
  }
  if (command === 'SELECT') {
    if (answer.startsWith('NOPERM')) {
      return new Error(`this account may not SELECT at ${at}, which database ${database} needs; grant it +select`);
    }
    if (/cluster mode/.test(answer)) {
      return new Error(`Redis at ${at} is a node of a Cluster, which has database 0 only; use redis+cluster://`);
    }
    if (/out of range|invalid DB index/i.test(answer)) {
      return new Error(`Redis at ${at} has no database ${database} (${answer})`);
    }
  }
  return new Error(said);
}

/** Says what a Cluster client found. `nodes`: those of the URL. */
export function noCluster(cause: unknown, nodes: string): Error {
  const text = textOf(cause);
  if (/cluster support disabled/.test(text)) {
    return new Error(`${nodes} is not a Cluster; use redis:// for one server`);
  }
  return new Error(`no node of the Cluster answers (${nodes}): ${text}`);
}

/** Gives the text of an error; of one that stands for several, all of theirs. */
export function textOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(textOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
