/** The plot of a soak: what was looked at every few seconds, over the time of the run; flat is good. */
import { median } from '../rounds.ts';
import type { Soak } from '../soak/results.ts';
import type { Sample } from '../soak/samples.ts';
import { number } from '../table.ts';
import { lines, type Panel, type Series } from './lines.ts';
import type { Who } from './svg.ts';

const MEBIBYTE = 1024 ** 2;
/** Points of a line: each is the median of the samples of its part of the run. */
const POINTS = 60;
const STYLES: readonly Who[] = ['floor', 'ours', 'embedded', 'peer'];

export function soakPlot(soak: Soak): string {
  const { samples, store, minutes, perSecond, capacity, workers, machine, date } = soak;
  const first = samples[0]!;
  const names = first.processes.map(({ name }) => name);
  const curve = (name: string, who: Who, of: (sample: Sample) => number | null): Series => ({
    name,
    who,
    points: parts(samples).map((part) => ({
      x: median(part.map(({ at }) => at)) / 60,
      y: median(part.map(of).filter((value) => value !== null)),
    })),
  });
  const each = (of: (process: Sample['processes'][number]) => number) =>
    names.map((name, i) => curve(name, STYLES[i]!, ({ processes }) => of(processes[i]!)));
  const step = minutes > 5 ? 5 : 1;
  const marks = Array.from({ length: Math.floor(minutes / step) + 1 }, (_, i) => i * step);
  const x = {
    name: 'minutes',
    scale: 'linear',
    marks,
    label: (mark: number) => `${Math.round(mark * 10) / 10}`,
  } as const;
  const panel = (title: string, unit: string, series: readonly Series[]): Panel => ({
    title,
    x,
    y: { name: unit },
    series,
  });
  const data = store === 'redis' ? 'Memory that Redis uses' : 'Data in use, and its file';
  return lines({
    title: `${minutes} minutes at half of what the server can do, ${store === 'redis' ? 'on Redis' : 'embedded store'}`,
    subtitle: `${number(perSecond)} of ${number(capacity)} requests a second, ${workers} workers; flat is good`,
    caption: `${date.slice(0, 10)}, ${machine.commit ?? 'no commit'}, ${machine.cores} cores (${machine.cpu}), Node ${machine.node}, load ${machine.load} before`,
    panels: [
      panel(
        'Memory, without files',
        'MiB',
        each(({ own }) => own / MEBIBYTE),
      ),
      panel(
        'Open descriptors',
        'descriptors',
        each(({ descriptors }) => descriptors),
      ),
      panel('Latency, from when a request was due', 'milliseconds', [
        curve('p99', 'peer', ({ p99 }) => p99),
        curve('p50', 'ours', ({ p50 }) => p50),
      ]),
      panel(
        'CPU',
        'cores',
        each(({ cores }) => cores),
      ),
      panel(
        data,
        'MiB',
        store === 'redis'
          ? [curve('Redis', 'ours', (sample) => sample.data / MEBIBYTE)]
          : [
              curve('file', 'peer', ({ file }) => file! / MEBIBYTE),
              curve('in use', 'ours', (sample) => sample.data / MEBIBYTE),
            ],
      ),
      panel('Sessions alive', 'sessions', [curve('alive', 'embedded', ({ sessions }) => sessions)]),
    ],
    columns: 2,
  });
}

/** Deals the samples into parts that follow each other. */
function parts(samples: readonly Sample[]): Sample[][] {
  const count = Math.min(POINTS, samples.length);
  return Array.from({ length: count }, (_, i) =>
    samples.slice(Math.floor((i * samples.length) / count), Math.floor(((i + 1) * samples.length) / count)),
  );
}
