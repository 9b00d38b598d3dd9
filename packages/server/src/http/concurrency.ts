/**
 * How many requests are worked on at once (G12). The surplus is turned away before anything is done for it, so that those
 * inside keep their pace and memory stays bounded. No queue: one would only make the refusal late.
 */
const ALWAYS = /^\/(?:livez|readyz|ping)(?:$|[?/])/;

export class Concurrency {
  private readonly limit: number;
  private inside = 0;
  private readonly leave = () => {
    this.inside--;
  };

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Tells whether a request must be turned away. A busy server is not a dead one: those who ask that are let in. */
  isFull(target: string | undefined): boolean {
    return this.inside >= this.limit && !ALWAYS.test(target ?? '');
  }

  /** Counts a request until its answer is written. */
  during(answered: Promise<void>): void {
    this.inside++;
    answered.then(this.leave, this.leave);
  }
}
