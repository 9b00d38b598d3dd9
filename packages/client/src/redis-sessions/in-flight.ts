/** So many calls at once, and the others after them in their order: a thousand logins in one turn are not a thousand connections. */
export class InFlight {
  readonly #max: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(max: number) {
    this.#max = max;
  }

  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#max) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await call();
    } finally {
      const next = this.#waiting.shift();
      // Its place goes to the next one, so nobody comes between.
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
