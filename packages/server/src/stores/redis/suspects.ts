/**
 * Faults between two slots, which no script sees at one instant: what looks like one may be a create, a move or an end
 * that is under way. A suspect is looked at once more when anything under way then must have come to its end.
 */
import { setTimeout as delay } from 'node:timers/promises';

/** Looks once more, and tells (and mends) what is still so. */
type Look = () => Promise<void>;

/** So many are remembered at most. */
const ROOM = 1000;

export class Suspects {
  private readonly settle: number;
  private waiting: Look[] = [];
  private last = 0;

  /** `settle`: how long something may be under way. Units: milliseconds. */
  constructor(settle: number) {
    this.settle = settle;
  }

  async add(look: Look): Promise<void> {
    this.waiting.push(look);
    this.last = performance.now();
    if (this.waiting.length >= ROOM) await this.confirm();
  }

  /** Resolves when all suspects were looked at again. */
  async confirm(): Promise<void> {
    const looks = this.waiting;
    this.waiting = [];
    if (looks.length === 0) return;
    await delay(Math.max(0, this.last + this.settle - performance.now()));
    for (const look of looks) await look();
  }
}
