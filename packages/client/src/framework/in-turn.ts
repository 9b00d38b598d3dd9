/**
 * Saves of one session, one after the other: an application that saves twice and waits for neither would otherwise create the
 * session twice, and its second change could arrive before the first.
 */
export class InTurn {
  private readonly last = new WeakMap<object, Promise<unknown>>();

  /** Does the work of a session at once, or when what came before it has ended, well or not. */
  do<T>(session: object, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(session);
    const result = before === undefined ? work() : before.then(work);
    const ended = result.then(
      () => undefined,
      () => undefined,
    );
    this.last.set(session, ended);
    ended.then(() => this.last.get(session) === ended && this.last.delete(session));
    return result;
  }
}
