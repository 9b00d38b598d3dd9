/** The last n of what came, in the order in which it came. What is older is let go, so that hours of events take no more memory. */
export class Ring<T> {
  readonly capacity: number;
  private readonly slots: (T | undefined)[] = [];
  private start = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get length(): number {
    return this.slots.length;
  }

  push(item: T): void {
    if (this.slots.length < this.capacity) {
      this.slots.push(item);
      return;
    }
    this.slots[this.start] = item;
    this.start = (this.start + 1) % this.capacity;
  }

  /** Index 0 is the oldest. Absence: undefined outside. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.slots.length) return undefined;
    return this.slots[(this.start + index) % this.slots.length];
  }

  clear(): void {
    this.slots.length = 0;
    this.start = 0;
  }

  /** The oldest first. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = 0; i < this.slots.length; i++) yield this.at(i) as T;
  }
}
