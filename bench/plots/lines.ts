/**
 * How figures change with a size: small charts side by side, a line for each candidate with its name at its end. A thin bar
 * at a point is the spread of its rounds. The y axis begins at zero, so that a line that looks flat is flat.
 */
import { card, line, MARGIN, round, text, ticks, type Who, WIDTH } from './svg.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
  /** Smallest and largest of the rounds. Absence: one round. */
  readonly spread?: readonly [number, number];
}

export interface Series {
  readonly name: string;
  readonly who: Who;
  readonly points: readonly Point[];
  /** A line without points, as of a value that does not depend on x. */
  readonly isReference?: boolean;
}

export interface Panel {
  readonly title: string;
  readonly x: {
    /** With its unit. */
    readonly name: string;
    /**
     * `log`: by powers of ten; `steps`: the values of `marks` at equal distances, whatever lies between; `linear`: a time, whose many
     * points are drawn as a line alone.
     */
    readonly scale: 'log' | 'steps' | 'linear';
    readonly marks: readonly number[];
    /** One line, or two. */
    readonly label: (mark: number) => string;
  };
  readonly y: { readonly name: string };
  readonly series: readonly Series[];
  /** A value to stay below (or above), and what it is. */
  readonly goal?: { readonly value: number; readonly name: string };
}

export interface LineChart {
  readonly title: string;
  readonly subtitle: string;
  readonly caption: string;
  readonly panels: readonly Panel[];
  /** Charts in a row. */
  readonly columns: 1 | 2;
}

/** Units: pixels. */
const HEIGHT = 282;
const LEFT = 44;
const PLOT_TOP = 44;
const PLOT_BOTTOM = 58;
/** A round that was disturbed by more is not drawn to its end: it would make the rest flat. */
const MOST_SPREAD = 1.5;
/** A name at the end of a line: its height, and the width of a bold character. */
const LABEL = 15;
const CHARACTER = 7.4;
/** A mark below the axis needs so much room; where they are closer, some are left out. */
const MARK = 50;

export function lines({ title, subtitle, caption, panels, columns }: LineChart): string {
  const width = (WIDTH - 2 * MARGIN) / columns;
  const drawn = panels.map((panel, i) => {
    const [column, row] = [i % columns, Math.floor(i / columns)];
    return `<g transform="translate(${MARGIN + column * width} ${row * HEIGHT})">\n${draw(panel, width)}\n</g>`;
  });
  const height = Math.ceil(panels.length / columns) * HEIGHT;
  return card({ title, subtitle, caption, description: panels.map(inWords).join(' '), height }, drawn.join('\n'));
}

function draw({ title, x, y, series, goal }: Panel, width: number): string {
  const right = width - 24 - longest(series) * CHARACTER;
  const bottom = HEIGHT - PLOT_BOTTOM;
  const largest = Math.max(goal?.value ?? 0, ...series.flatMap(({ points }) => points.map(top)));
  const marks = ticks(largest, 5);
  const toY = (value: number) => bottom - (value / marks.at(-1)!) * (bottom - PLOT_TOP);
  const toX = (value: number) => LEFT + place(x, value) * (right - LEFT);
  return [
    text(0, 14, title, 'strong'),
    text(0, 32, y.name, 'small'),
    ...marks.map(
      (mark) =>
        line(LEFT, toY(mark), right, toY(mark), mark === 0 ? 'axis' : 'grid') +
        text(LEFT - 6, toY(mark) + 4, mark.toLocaleString('en-US'), 'small', 'end'),
    ),
    ...readable(x, right - LEFT).flatMap((mark) =>
      x
        .label(mark)
        .split('\n')
        .map((words, i) => text(toX(mark), bottom + 16 + 13 * i, words, 'small', 'middle')),
    ),
    text((LEFT + right) / 2, bottom + 42, x.name, 'small', 'middle'),
    ...(goal === undefined
      ? []
      : [
          line(LEFT, toY(goal.value), right, toY(goal.value), 'goal'),
          text(LEFT + 4, toY(goal.value) - 4, goal.name, 'small'),
        ]),
    ...series.map((each) => curve(x.scale === 'linear' ? { ...each, isReference: true } : each, toX, toY)),
    ...names(series, toY, right + 8),
  ].join('\n');
}

function curve({ who, points, isReference }: Series, toX: (x: number) => number, toY: (y: number) => number): string {
  const path = points.map(({ x, y }) => `${round(toX(x))},${round(toY(y))}`).join(' ');
  const dots = (isReference ? [] : points).map(({ x, y, spread }) => {
    const whisker = spread
      ? line(toX(x), toY(spread[0]), toX(x), toY(Math.min(spread[1], MOST_SPREAD * y)), `line whisker ${who}`)
      : '';
    return `${whisker}<circle class="${who}" cx="${round(toX(x))}" cy="${round(toY(y))}" r="3.5"/>`;
  });
  return `<polyline class="line ${who}" points="${path}"/>${dots.join('')}`;
}

/** Names at the ends of their lines, moved apart where they would lie on each other. */
function names(series: readonly Series[], toY: (y: number) => number, x: number): string[] {
  const placed = series
    .filter(({ points }) => points.length > 0)
    .map(({ name, who, points }) => ({ name, who, y: toY(points.at(-1)!.y) + 4 }))
    .sort((a, b) => a.y - b.y);
  for (let i = 1; i < placed.length; i++) placed[i]!.y = Math.max(placed[i]!.y, placed[i - 1]!.y + LABEL);
  // What was moved below the axis goes up again, and pushes the others up.
  let limit = HEIGHT - PLOT_BOTTOM + 4;
  for (const name of placed.reverse()) {
    name.y = Math.min(name.y, limit);
    limit = name.y - LABEL;
  }
  return placed.map(({ name, who, y }) =>
    text(x, y, name, who === 'peer' || who === 'floor' ? 'quiet' : `${who} strong`),
  );
}

/** Gives where a value lies on the axis, from 0 to 1. */
function place({ scale, marks }: Panel['x'], value: number): number {
  if (marks.length === 1) return 0.5;
  if (scale === 'steps') return marks.indexOf(value) / (marks.length - 1);
  if (scale === 'linear') return (value - marks[0]!) / (marks.at(-1)! - marks[0]!);
  const [first, last] = [Math.log(marks[0]!), Math.log(marks.at(-1)!)];
  return (Math.log(value) - first) / (last - first);
}

/** Gives the highest place that is drawn of a point. */
function top({ y, spread }: Point): number {
  return Math.max(y, Math.min(spread?.[1] ?? y, MOST_SPREAD * y));
}

/** Gives the marks that have room for their words. */
function readable({ scale, marks }: Panel['x'], width: number): readonly number[] {
  if (scale !== 'steps') return marks;
  const every = Math.ceil((marks.length * MARK) / (width + MARK));
  return marks.filter((_, i) => (marks.length - 1 - i) % every === 0);
}

function longest(series: readonly Series[]): number {
  return Math.max(...series.map(({ name }) => name.length));
}

function inWords({ title, x, y, series }: Panel): string {
  // Of a time, who listens wants the begin and the end.
  const some = (points: readonly Point[]) => (x.scale === 'linear' ? [points[0]!, points.at(-1)!] : points);
  const told = series.map(
    ({ name, points }) =>
      `${name} ${some(points)
        .map((point) => `${point.y.toFixed(1)} at ${x.label(point.x)}`)
        .join(', ')}`,
  );
  return `${title} (${y.name}): ${told.join('; ')}.`;
}
