/**
 * A plot of counts over time. It draws on a canvas, so what it shows stands in words beside it: `summary` for those who cannot see
 * it, and the table of the view. Colours are names of custom properties; they are resolved again when light and dark change.
 */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { language, theme, zone } from '../../state/settings.ts';

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

export function Plot({ at, step, series, summary, onStep }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const told = useRef(onStep);
  told.current = onStep;
  const [themeNow, zoneNow, languageNow] = [theme.value, zone.value, language.value];

  useEffect(() => {
    const element = place.current!;
    let plot: uPlot | null = null;
    const draw = () => {
      plot?.destroy();
      const { width, height } = sizeOf(element);
      plot = new uPlot(
        optionsOf(width, height),
        [[...at], ...series.map(({ values }) => [...values])] as uPlot.AlignedData,
        element,
      );
    };
    const optionsOf = (width: number, height: number): uPlot.Options => {
      const color = colorsOf(element);
      const axis = {
        stroke: color('--ink-faint'),
        font: `12px ${getComputedStyle(element).fontFamily}`,
        ticks: { show: false },
      };
      const clock = new Intl.DateTimeFormat(languageNow, {
        ...{ hour: '2-digit', minute: '2-digit' },
        ...(zoneNow === 'utc' && { timeZone: 'UTC' }),
      });
      return {
        ...{ width, height, legend: { show: false }, padding: [8, 18, 0, 0] },
        // A bar begins with its step: without room at the ends half of the first and of the last were cut off.
        scales: { x: { time: true, range: (_, min, max) => [min - step / 2, max + step / 2] }, y: { range: fromZero } },
        cursor: { y: false, points: { show: false }, drag: { x: false, y: false, setScale: false } },
        series: [
          {},
          ...series.map(({ color: name }) => ({
            ...{ fill: color(name), stroke: color('--surface'), width: 1, points: { show: false } },
            paths: uPlot.paths.bars!({ size: [0.82, 22] }),
          })),
        ],
        axes: [
          {
            ...axis,
            ...{ size: 28, space: 64, grid: { show: false } },
            values: (_, splits) => splits.map((second) => clock.format(second * 1000)),
          },
          {
            ...axis,
            ...{ size: 44, space: 36, grid: { stroke: color('--line'), width: 1 } },
            incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6],
            values: (_, splits) => splits.map((count) => count.toLocaleString(languageNow, { notation: 'compact' })),
          },
        ],
        ...(zoneNow === 'utc' && { tzDate: (second: number) => uPlot.tzDate(new Date(second * 1000), 'Etc/UTC') }),
        hooks: { setCursor: [({ cursor }) => told.current?.(cursor.idx ?? null)] },
      };
    };
    draw();
    const resized = new ResizeObserver(() => {
      const size = sizeOf(element);
      if (plot !== null && (plot.width !== size.width || plot.height !== size.height)) plot.setSize(size);
    });
    resized.observe(element);
    const scheme = window.matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    return () => {
      resized.disconnect();
      scheme.removeEventListener('change', draw);
      plot?.destroy();
    };
  }, [at, step, series, themeNow, zoneNow, languageNow]);

  return <div class="plot" ref={place} role="img" aria-label={summary} onPointerLeave={() => told.current?.(null)} />;
}

/** Gives the room that the style leaves it. Units: pixels. */
function sizeOf({ clientWidth, clientHeight }: HTMLElement): { readonly width: number; readonly height: number } {
  return { width: Math.max(clientWidth, NARROWEST), height: clientHeight || HEIGHT };
}

/** An empty plot has a scale, too. */
function fromZero(_: uPlot, __: number, max: number | null): [number, number] {
  return [0, Math.max(max ?? 0, 4) * 1.05];
}

/** Gives what custom properties are just now: of a pair light-dark() the one that holds. */
function colorsOf(element: HTMLElement): (name: string) => string {
  const probe = document.createElement('span');
  return (name) => {
    probe.style.color = `var(${name})`;
    element.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}
