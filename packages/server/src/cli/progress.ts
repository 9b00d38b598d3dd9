/** Shows how far a long piece of work has come: a bar on a terminal, a line now and then elsewhere. Standard error only. */

/** What it writes to: standard error (output.ts), or a test. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const WIDTH = 30;
/** A line that a terminal breaks is not overwritten but repeated. So the bar gets shorter where the words are long. Units: characters. */
const LINE = 79;
/** A shorter bar shows nothing. */
const NARROWEST = 8;
/** The shortest time between two changes of the bar on a terminal. Units: milliseconds. */
const PAUSE = 100;
/** Elsewhere a line is written for each such part of a phase. */
const PARTS = 4;
/** How long it takes until a rate means something. Units: milliseconds. */
const WARM_UP = 1000;

export class Progress {
  private readonly stream: ProgressStream;
  private readonly clock: () => number;
  private readonly isQuiet: boolean;
  private drawnAt = Number.NEGATIVE_INFINITY;
  private said = '';
  /** Where the rate counts from. */
  private began: { readonly at: number; readonly done: number } | null = null;

  /** `clock`: units milliseconds. `isQuietElsewhere`: nothing is written where there is no terminal. */
  constructor(stream: ProgressStream, clock: () => number, { isQuietElsewhere = false } = {}) {
    this.stream = stream;
    this.clock = clock;
    this.isQuiet = isQuietElsewhere && stream.isTTY !== true;
  }

  show(phase: string, done: number, total: number): void {
    const share = total === 0 ? 1 : Math.min(1, done / total);
    if (this.isQuiet) return;
    if (this.stream.isTTY) this.draw(share >= 1, () => withBar(share, phase));
    else this.say(`${phase}: ${(Math.floor(share * PARTS) * 100) / PARTS} %\n`);
  }

  /** Shows also how many there were, at what rate, and how long it will take. `total`: null when nobody knows. */
  count(phase: string, done: number, total: number | null): void {
    if (this.isQuiet || !this.stream.isTTY) {
      if (total !== null) this.show(phase, done, total);
      return;
    }
    const now = this.clock();
    this.began ??= { at: now, done };
    const { began } = this;
    this.draw(done === total, () => {
      const share = total === null ? null : total === 0 ? 1 : Math.min(1, done / total);
      const rate = now - began.at < WARM_UP ? 0 : ((done - began.done) / (now - began.at)) * 1000;
      const left = rate > 0 && total !== null ? Math.max(0, total - done) / rate : null;
      const parts = [
        `${phase}: ${done.toLocaleString('en')}`,
        ...(rate > 0 ? [`${Math.round(rate).toLocaleString('en')} a second`] : []),
        ...(left === null ? [] : [`${inWords(left)} left`]),
      ];
      return share === null ? parts.join(', ') : withBar(share, parts.join(', '));
    });
  }

  /** Ends the line of the bar, so that others can write. */
  clear(): void {
    if (this.stream.isTTY) this.stream.write('\r\x1b[K');
  }

  private say(line: string): void {
    if (line !== this.said) this.stream.write(line);
    this.said = line;
  }

  private draw(isFull: boolean, line: () => string): void {
    const now = this.clock();
    if (!isFull && now - this.drawnAt < PAUSE) return;
    this.drawnAt = now;
    this.stream.write(`\r${line()}\x1b[K`);
  }
}

function withBar(share: number, words: string): string {
  const text = `${Math.floor(share * 100)} % ${words}`;
  const width = Math.min(WIDTH, LINE - 1 - text.length);
  if (width < NARROWEST) return text;
  const full = Math.round(share * width);
  return `${'█'.repeat(full)}${'░'.repeat(width - full)} ${text}`;
}

/** Units: seconds. */
function inWords(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
