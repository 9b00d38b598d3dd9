/** How long requests take at the same load: for each candidate a bar from the p50 to the p99, on a scale by powers of ten. */
import { card, line, rect, round, text, type Who, WIDTH } from './svg.ts';

export interface Range {
  readonly name: string;
  readonly who: Who;
  /** Units: milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export interface RangeChart {
  readonly title: string;
  readonly subtitle: string;
  readonly caption: string;
  readonly ranges: readonly Range[];
}

/** Units: pixels. */
const ROW = 27;
const BAR = 8;
const LEFT = 222;
const RIGHT = 160;
const MARKS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

export function ranges({ title, subtitle, caption, ranges }: RangeChart): string {
  const first = MARKS.findLast((mark) => mark <= Math.min(...ranges.map(({ p50 }) => p50))) ?? MARKS[0]!;
  const last = MARKS.find((mark) => mark >= Math.max(...ranges.map(({ p99 }) => p99))) ?? MARKS.at(-1)!;
  const toX = (value: number) =>
    LEFT + (Math.log(Math.max(first, value) / first) / Math.log(last / first)) * (WIDTH - LEFT - RIGHT);
  const bottom = ranges.length * ROW + 4;
  const grid = MARKS.filter((mark) => mark >= first && mark <= last).map(
    (mark) =>
      line(toX(mark), 0, toX(mark), bottom, mark === first ? 'axis' : 'grid') +
      text(toX(mark), bottom + 16, `${mark}`, 'small', 'middle'),
  );
  const rows = ranges.map(({ name, who, p50, p99 }, i) => {
    const middle = i * ROW + 4 + ROW / 2;
    const own = who === 'ours' || who === 'embedded' ? 'strong' : '';
    return [
      rect(toX(p50), middle - BAR / 2 - 3, Math.max(2, toX(p99) - toX(p50)), BAR, `${who} store`),
      `<circle class="${who}" cx="${round(toX(p50))}" cy="${round(middle - 3)}" r="5"/>`,
      rect(toX(p99) - 1.5, middle - 10, 3, 14, who),
      text(LEFT - 12, middle + 1, name, own, 'end'),
      text(toX(p99) + 8, middle + 1, `${milliseconds(p50)} · ${milliseconds(p99)} ms`, own || 'quiet'),
    ].join('\n');
  });
  const name = text(LEFT, bottom + 34, 'milliseconds from sending to the whole answer (logarithmic)', 'small');
  const description = ranges.map((r) => `${r.name}: p50 ${milliseconds(r.p50)} ms, p99 ${milliseconds(r.p99)} ms`);
  const chart = { title, subtitle, caption, description: description.join('; '), height: bottom + 44 };
  return card(chart, [...grid, ...rows, name].join('\n'));
}

function milliseconds(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(0);
}
