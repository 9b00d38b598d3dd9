/** The plots of the bench: what of the results each one shows. */
import { type Candidate, caption, type Growth, type Results } from '../results.ts';
import { median, spread } from '../rounds.ts';
import { number } from '../table.ts';
import type { Finding } from '../workload.ts';
import { type Bar, bars } from './bars.ts';
import { lines, type Panel, type Series } from './lines.ts';
import { ranges } from './ranges.ts';

/** All who read sessions beside each other: the peers, ours on Redis, ours embedded, and the floor. */
export function peersPlot(results: Results): string {
  const own = ownNode(results);
  const groups = [
    slowestFirst(of(results, 'peer')),
    of(results, 'ours').filter(({ node }) => node === own || node === '24'),
    of(results, 'embedded').filter(({ node }) => node === own || node === '24'),
    of(results, 'floor'),
  ];
  return bars({
    title: 'What reading a session costs',
    subtitle: 'CPU of the server, and paler that of the Redis behind it; shorter is better',
    caption: caption(results),
    axis: 'microseconds of CPU a request',
    bars: groups
      .filter((group) => group.length > 0)
      .flatMap((group, i) => [...(i > 0 ? [null] : []), ...group.map(bar)]),
  });
}

/** How long requests take while all have the same load. */
export function latencyPlot(results: Results): string {
  const paced = candidates(results).filter(({ atRate, who }) => atRate !== undefined && who !== 'floor');
  const own = ownNode(results);
  const perSecond = paced[0]?.atRate?.perSecond ?? 0;
  return ranges({
    title: `How long a read takes at ${number(perSecond)} a second`,
    subtitle: 'From the median (the dot) to what 99 of 100 stay below (the end); further left is better',
    caption: caption(results),
    ranges: [...slowestFirst(paced.filter(({ who }) => who === 'peer')), ...paced.filter(({ who }) => who !== 'peer')]
      .filter(({ node }) => node === null || node === own || node === '24')
      .map(({ name, who, atRate }) => ({ name, who, p50: median(atRate!.p50), p99: median(atRate!.p99) })),
  });
}

/** The same server on each version of Node, beside a constant on it and beside nginx. */
export function runtimesPlot(results: Results): string {
  const series = (name: string, who: Candidate['who'], only = /./): Series => ({
    name,
    who,
    points: of(results, who)
      .filter((candidate) => only.test(candidate.name))
      .map(({ node, cpu }) => ({ x: Number(node), y: median(cpu), spread: spread(cpu) }))
      .sort((a, b) => a.x - b.x),
  });
  const all: Series[] = [
    series('ours, Redis', 'ours', /^ours, Node/),
    series('ours, embedded', 'embedded'),
    series('node:http, a constant', 'floor'),
  ];
  const marks = [...new Set(all.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  for (const { name, who, cpu } of of(results, 'peer').filter(({ name }) => name !== '2.x')) {
    all.push({ name, who, isReference: true, points: marks.map((x) => ({ x, y: median(cpu) })) });
  }
  const panel: Panel = {
    title: 'CPU of the server a classic read',
    x: { name: 'version of Node', scale: 'steps', marks, label: (mark) => `Node ${mark}` },
    y: { name: 'microseconds of CPU a request' },
    series: all.filter(({ points }) => points.length > 0),
  };
  return lines({
    title: 'The same server on each version of Node',
    subtitle: 'Lower is better; thin bars are the spread of the rounds, dashed lines those who are not of Node',
    caption: caption(results),
    panels: [panel],
    columns: 1,
  });
}

const AXES: Record<Growth['axis'], { title: string; x: Pick<Panel['x'], 'name' | 'scale' | 'label'> }> = {
  sessions: { title: 'Sessions in the store', x: { name: 'sessions', scale: 'log', label: short } },
  connections: { title: 'Connections at once', x: { name: 'connections', scale: 'log', label: short } },
  data: { title: 'Data of a session', x: { name: 'bytes of JSON', scale: 'steps', label: bytes } },
  apps: { title: 'Apps, 1,000 sessions among them', x: { name: 'apps', scale: 'log', label: short } },
};

/** What a read costs while one size grows. */
export function growthPlot(results: Results): string {
  const panels = Object.entries(AXES).flatMap(([axis, { title, x }]) => {
    const grown = (results.growth ?? []).filter((growth) => growth.axis === axis);
    if (grown.length === 0) return [];
    const marks = grown[0]!.points.map(({ at }) => at);
    const series = grown.map(({ name, who, points }) => ({
      name,
      who,
      points: points.map(({ at, cpu }) => ({ x: at, y: median(cpu), ...(cpu.length > 1 && { spread: spread(cpu) }) })),
    }));
    return [{ title, x: { ...x, marks }, y: { name: 'µs of CPU a read: server and Redis' }, series }];
  });
  return lines({
    title: 'What a read costs while something grows',
    subtitle:
      'Flat is good, lower is better: microseconds of CPU a request, the server and the Redis behind it together',
    caption: caption(results),
    panels,
    columns: 2,
  });
}

/** Our own versions: the ratios of each run that was kept. */
export function historyPlot(all: readonly Results[]): string {
  const at = (pick: (finding: Finding) => boolean) =>
    all.flatMap(({ findings }, i) => {
      const found = findings.find(pick);
      return found === undefined || found.ratio === null ? [] : [{ x: i, y: found.ratio, spread: found.spread }];
    });
  const read = (peer: string) => (finding: Finding) =>
    finding.target === 'P1' &&
    finding.peer?.name === peer &&
    /^(?:classic GET on Redis, hot|classic, Node \d+): CPU of the server/.test(finding.what);
  const first = (target: string, what: RegExp) => (finding: Finding) =>
    finding.target === target && finding.peer?.name === '2.x' && what.test(finding.what);
  const marks = all.map((_, i) => i);
  const label = (i: number) => `${all[i]!.date.slice(5, 10)}\n${all[i]!.machine.commit ?? '?'}`;
  const x = { name: 'run: day and commit', scale: 'steps', marks, label } as const;
  const series = (name: string, who: Series['who'], pick: (finding: Finding) => boolean) => ({
    name,
    who,
    points: at(pick),
  });
  const panels: Panel[] = [
    {
      title: 'A read on Redis beside the C front ends',
      x,
      y: { name: 'CPU of the server, ours ÷ theirs' },
      series: [series('÷ nginx + Lua', 'ours', read('nginx + Lua')), series('÷ Webdis', 'embedded', read('Webdis'))],
      goal: { value: 1, name: 'as much as they' },
    },
    {
      title: 'Beside 2.x',
      x,
      y: { name: 'ours ÷ 2.x' },
      series: [
        series('a read, server', 'ours', read('2.x')),
        series('a mix, all CPU', 'peer', first('P4', /CPU/)),
        series('memory, 100 bytes', 'embedded', first('P8', /with 1/)),
      ],
    },
  ];
  return lines({
    title: 'Our own versions',
    subtitle: 'Ratios of runs that were kept: they hold from day to day, where microseconds do not; lower is better',
    caption: 'Every file of bench/results is a run; thin bars are the spread of its rounds',
    panels: panels.map((panel) => ({ ...panel, series: panel.series.filter(({ points }) => points.length > 0) })),
    columns: 2,
  });
}

function bar({ name, who, cpu, storeCpu, perSecond }: Candidate): Bar {
  const parts = [median(cpu), ...(storeCpu.length > 0 ? [median(storeCpu)] : [])];
  return { name, who, parts, figure: `${parts.map(number).join(' + ')} µs · ${number(median(perSecond))}/s` };
}

function of(results: Results, who: Candidate['who']): Candidate[] {
  return candidates(results).filter((candidate) => candidate.who === who);
}

function candidates({ candidates = [] }: Results): readonly Candidate[] {
  return candidates;
}

function slowestFirst(candidates: readonly Candidate[]): Candidate[] {
  return [...candidates].sort((a, b) => median(b.cpu) - median(a.cpu));
}

function ownNode({ machine }: Results): string {
  return /^v(\d+)/.exec(machine.node)![1]!;
}

function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6} M`;
  return value >= 1000 ? `${value / 1000} k` : `${value}`;
}

function bytes(value: number): string {
  return value >= 1024 ? `${value / 1024} kB` : `${value} B`;
}
