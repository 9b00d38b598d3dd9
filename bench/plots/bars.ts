/** Candidates beside each other: a bar for each, in one or two parts (the server, and the Redis behind it), its figures at its end. */
import { card, line, rect, text, ticks, type Who, WIDTH } from './svg.ts';

export interface Bar {
  readonly name: string;
  readonly who: Who;
  /** One after the other from zero; the second one is the store behind the server. */
  readonly parts: readonly number[];
  /** What stands at the end of the bar. */
  readonly figure: string;
}

export interface BarChart {
  readonly title: string;
  readonly subtitle: string;
  readonly caption: string;
  /** Name and unit of the axis. */
  readonly axis: string;
  /** Absence: a blank line between two groups. */
  readonly bars: readonly (Bar | null)[];
}

/** Units: pixels. */
const ROW = 27;
/** Between two groups. */
const GAP = 12;
const BAR = 16;
const LEFT = 222;
/** What the figure of the longest bar needs. */
const RIGHT = 190;

export function bars({ title, subtitle, caption, axis, bars }: BarChart): string {
  const shown = bars.filter((bar) => bar !== null);
  const marks = ticks(Math.max(...shown.map(sum)), 6);
  const most = marks.at(-1)!;
  const scale = (WIDTH - LEFT - RIGHT) / most;
  const tops = bars.map((_, i) => 4 + shownBefore(bars, i) * ROW + (i - shownBefore(bars, i)) * GAP);
  const bottom = shown.length * ROW + (bars.length - shown.length) * GAP + 4;
  const grid = marks.map(
    (mark) =>
      line(LEFT + mark * scale, 0, LEFT + mark * scale, bottom, mark === 0 ? 'axis' : 'grid') +
      text(LEFT + mark * scale, bottom + 16, mark.toLocaleString('en-US'), 'small', 'middle'),
  );
  const rows = bars.map((bar, i) => (bar === null ? '' : row(bar, tops[i]!, scale)));
  const name = text(LEFT, bottom + 34, axis, 'small');
  const description = shown.map((bar) => `${bar.name}: ${bar.figure}`).join('; ');
  return card({ title, subtitle, caption, description, height: bottom + 44 }, [...grid, ...rows, name].join('\n'));
}

function row({ name, who, parts, figure }: Bar, y: number, scale: number): string {
  let x = LEFT;
  const drawn = parts.map((part, i) => {
    const bar = rect(x, y + (ROW - BAR) / 2 - 4, part * scale, BAR, i === 0 ? who : `${who} store`);
    x += part * scale;
    return bar;
  });
  const own = who === 'ours' || who === 'embedded' ? 'strong' : '';
  const middle = y + ROW / 2 + 1;
  return [...drawn, text(LEFT - 8, middle, name, own, 'end'), text(x + 6, middle, figure, own || 'quiet')].join('\n');
}

function shownBefore(bars: BarChart['bars'], index: number): number {
  return bars.slice(0, index).filter((bar) => bar !== null).length;
}

function sum({ parts }: Bar): number {
  return parts.reduce((all, part) => all + part, 0);
}
