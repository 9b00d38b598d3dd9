/**
 * What `cachetime` keeps: answers of `get`. A cached answer is given only when the server has just said that the session is still there and
 * unchanged, so it costs a request, without the data. The library itself asks nobody: it hears of changes through Redis, from those processes that
 * cache as well. Here sessions are ended by servers, stacks and operators that no process hears of, and a session that was ended must not
 * open anything for the rest of its `cachetime`.
 */
export class SessionCache<S extends { readonly w?: number }> {
  /** The one used longest ago first. */
  readonly #entries = new Map<string, { readonly session: S; readonly until: number }>();
  readonly #time: number;
  readonly #max: number;

  /** Units: milliseconds. */
  constructor(time: number, max: number) {
    this.#time = time;
    this.#max = max;
  }

  /** Absence: undefined. */
  get(app: string, token: string, now = Date.now()): S | undefined {
    const name = nameOf(app, token);
    const entry = this.#entries.get(name);
    this.#entries.delete(name);
    if (entry === undefined || entry.until <= now) return undefined;
    this.#entries.set(name, entry);
    return structuredClone(entry.session);
  }

  set(app: string, token: string, session: S, now = Date.now()): void {
    if (this.#time === 0) return;
    this.delete(app, token);
    this.#entries.set(nameOf(app, token), { session: structuredClone(session), until: now + this.#time });
    for (const [eldest] of this.#entries) {
      if (this.#entries.size <= this.#max) break;
      this.#entries.delete(eldest);
    }
  }

  delete(app: string, token: string): void {
    this.#entries.delete(nameOf(app, token));
  }

  clear(): void {
    this.#entries.clear();
  }
}

const nameOf = (app: string, token: string) => `${app}:${token}`;
