/**
 * A plot of counts over time, as bars. What it shows stands in words beside it: `summary` for those who cannot see it, and the
 * table of the view. Drawn as SVG: a hundred bars are no work, they take their colours from the style and so follow light and
 * dark by themselves, and a library for plots would be a quarter of all that the console may weigh.
 */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { language, zone } from '../../state/settings.ts';
import { countTicks, timeTicks } from './ticks.ts';

export interface PlotSeries {
  /** A custom property, as `--plot-1`. */
  readonly color: string;
  readonly values: readonly (number | null)[];
}

export interface PlotProps {
  /** When each step begins. Units: epoch seconds. */
  readonly at: readonly number[];
  /** Units: seconds. */
  readonly step: number;
  /** Drawn one over the other, the first at the back. */
  readonly series: readonly PlotSeries[];
  readonly summary: string;
  /** Is told at which step the pointer is. Absence: null where it is not on the plot. */
  readonly onStep?: (index: number | null) => void;
}

const HEIGHT = 180;
const NARROWEST = 160;
/** Room for the counts at the left and the times beneath. Units: pixels, as all that follow. */
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 18, 8, 28];
/** Half of what the longest time takes, so that the last one is whole. */
const TIME_HALF = 32;
const BAR = { part: 0.82, widest: 22 };

export function Plot({ at, step, series, summary, onStep }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const size = useSignal({ width: 0, height: HEIGHT });
  const pointed = useSignal<number | null>(null);
  useEffect(() => {
    const element = place.current!;
    const resized = new ResizeObserver(() => {
      const { clientWidth, clientHeight } = element;
      const [width, height] = [Math.max(clientWidth, NARROWEST), clientHeight || HEIGHT];
      if (width !== size.peek().width || height !== size.peek().height) size.value = { width, height };
    });
    resized.observe(element);
    return () => resized.disconnect();
  }, []);

  const { width, height } = size.value;
  const room = { width: width - LEFT - RIGHT, height: height - TOP - BOTTOM };
  const slot = at.length === 0 ? room.width : room.width / at.length;
  const highest = Math.max(4, ...series.flatMap(({ values }) => values.map((value) => value ?? 0))) * 1.05;
  const yOf = (count: number) => TOP + room.height * (1 - count / highest);
  const middleOf = (index: number) => LEFT + slot * (index + 0.5);
  const bar = Math.max(1, Math.min(slot * BAR.part, BAR.widest));
  const point = (index: number | null) => {
    if (index === pointed.peek()) return;
    pointed.value = index;
    onStep?.(index);
  };

  return (
    <div
      class="plot"
      ref={place}
      role="img"
      aria-label={summary}
      onPointerMove={({ clientX }) => {
        const index = Math.floor((clientX - place.current!.getBoundingClientRect().left - LEFT) / slot);
        point(index >= 0 && index < at.length ? index : null);
      }}
      onPointerLeave={() => point(null)}
    >
      {width > 0 && (
        <svg width={width} height={height} aria-hidden="true" focusable="false">
          {countTicks(highest, room.height).map((count) => (
            <g key={`y${count}`}>
              <line class="plot-grid" x1={LEFT} x2={width - RIGHT} y1={yOf(count)} y2={yOf(count)} />
              <text class="plot-count" x={LEFT - 8} y={yOf(count)}>
                {count.toLocaleString(language.value, { notation: 'compact' })}
              </text>
            </g>
          ))}
          {timeTicks(at, step, slot, zone.value).map(({ index, second }) => (
            // The last one would stand out of the plot.
            <text
              key={second}
              class={middleOf(index) > width - TIME_HALF ? 'plot-time last' : 'plot-time'}
              x={middleOf(index) > width - TIME_HALF ? width - 2 : middleOf(index)}
              y={height - 8}
            >
              {new Date(second * 1000).toLocaleTimeString(language.value, {
                ...{ hour: '2-digit', minute: '2-digit' },
                ...(zone.value === 'utc' && { timeZone: 'UTC' }),
              })}
            </text>
          ))}
          {pointed.value !== null && (
            <rect class="plot-pointed" x={LEFT + slot * pointed.value} y={TOP} width={slot} height={room.height} />
          )}
          {series.map(({ color, values }) => (
            <g key={color} style={{ fill: `var(${color})` }}>
              {values.map((count, index) =>
                count === null || count === 0 ? null : (
                  <rect
                    key={at[index]}
                    x={middleOf(index) - bar / 2}
                    y={yOf(count)}
                    width={bar}
                    height={TOP + room.height - yOf(count)}
                  />
                ),
              )}
            </g>
          ))}
        </svg>
      )}
    </div>
  );
}
