/** Shows how far a long piece of work has come: a bar on a terminal, a line now and then elsewhere. Standard error only. */

/** What it writes to: standard error (output.ts), or a test. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const WIDTH = 30;
/** The shortest time between two changes of the bar on a terminal. Units: milliseconds. */
const PAUSE = 100;
/** Elsewhere a line is written for each such part of a phase. */
const PARTS = 4;

export class Progress {
  private readonly stream: ProgressStream;
  private readonly clock: () => number;
  private drawnAt = Number.NEGATIVE_INFINITY;
  private said = '';

  /** `clock`: units milliseconds. */
  constructor(stream: ProgressStream, clock: () => number) {
    this.stream = stream;
    this.clock = clock;
  }

  show(phase: string, done: number, total: number): void {
    const share = total === 0 ? 1 : Math.min(1, done / total);
    if (this.stream.isTTY) this.draw(phase, share);
    else this.say(`${phase}: ${(Math.floor(share * PARTS) * 100) / PARTS} %\n`);
  }

  /** Ends the line of the bar, so that others can write. */
  clear(): void {
    if (this.stream.isTTY) this.stream.write('\r\x1b[K');
  }

  private say(line: string): void {
    if (line !== this.said) this.stream.write(line);
    this.said = line;
  }

  private draw(phase: string, share: number): void {
    const now = this.clock();
    if (share < 1 && now - this.drawnAt < PAUSE) return;
    this.drawnAt = now;
    const full = Math.round(share * WIDTH);
    const bar = `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}`;
    this.stream.write(`\r${bar} ${Math.floor(share * 100)} % ${phase}\x1b[K`);
  }
}
