/**
 * The pulse of workers. At each beat every worker is asked for what it has counted. So of one that is killed, no more is lost than what it
 * counted since the last beat; and one that stands still is noticed, because it does not answer while another one does.
 *
 * When none answers, none is given up: that is the machine or its disk, a new worker would wait for the same, and whoever
 * asks `/livez` hears nothing then. Beats are counted, not time: a machine that was asleep is no worker that stood still.
 */

/** How often, and for how many beats in a row a worker may be silent. Units of `every`: milliseconds. */
export interface Pace {
  readonly every: number;
  readonly patience: number;
}

/** A snapshot costs a worker 0.1 to 0.3 ms, and the supervisor as much. Nothing that a worker does holds it up for a part of 30 s. */
export const PACE: Pace = { every: 1000, patience: 30 };

export interface PulseOptions<Member extends object> {
  readonly pace: Pace;
  readonly members: () => readonly Member[];
  /** `beat`: counted from 1 on. */
  readonly ask: (member: Member, beat: number) => void;
  /** Told once of each that stands still. */
  readonly onStill: (member: Member) => void;
}

export class Pulse<Member extends object> {
  private readonly options: PulseOptions<Member>;
  /** Beats since a worker was heard. */
  private readonly silent = new Map<Member, number>();
  private readonly givenUp = new WeakSet<Member>();
  private beats = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(options: PulseOptions<Member>) {
    this.options = options;
  }

  start(): void {
    this.timer ??= setInterval(() => this.beat(), this.options.pace.every).unref();
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  /** A worker has said something. */
  heard(member: Member): void {
    this.silent.set(member, 0);
  }

  gone(member: Member): void {
    this.silent.delete(member);
  }

  beat(): void {
    const { members, ask, onStill, pace } = this.options;
    this.beats++;
    const all = members();
    const isAnyoneAwake = all.some((member) => this.silent.get(member) === 0);
    for (const member of all) {
      const beats = this.silent.get(member) ?? 0;
      if (beats >= pace.patience && isAnyoneAwake && !this.isGivenUp(member)) {
        this.givenUp.add(member);
        onStill(member);
      }
      this.silent.set(member, beats + 1);
      ask(member, this.beats);
    }
  }

  /** Tells whether `onStill` was told of it. */
  isGivenUp(member: Member): boolean {
    return this.givenUp.has(member);
  }
}
