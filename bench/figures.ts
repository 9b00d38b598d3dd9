/** The table of README.md: what a reader asks first, each figure with its goal, from the findings of one run. */
import type { Results } from './results.ts';
import { goal, number } from './table.ts';
import { type Finding, isReached, measured } from './workload.ts';

/** Which finding: its target, how its name begins or what is in it, and the peer. */
interface Pick {
  readonly target: string;
  readonly what: RegExp;
  readonly peer?: string;
}

interface Row {
  readonly words: string;
  readonly picks: readonly Pick[];
}

const BOTH = ['nginx + Lua', 'Webdis'];

function rowsFor(node: string, many: string): Row[] {
  const p1 = (form: string, version: string, peers = BOTH): Pick[] =>
    peers.map((peer) => ({ target: 'P1', what: new RegExp(`^${form}, Node ${version}: CPU of the server`), peer }));
  const pick = (target: string, what: RegExp, peer?: string): Pick => ({ target, what, ...(peer && { peer }) });
  return [
    { words: `a read on Redis, classic, beside nginx + Lua, Webdis; Node ${node}`, picks: p1('classic', node) },
    ...(node === '24' ? [] : [{ words: 'the same on Node 24', picks: p1('classic', '24') }]),
    { words: `v1, Node ${node}`, picks: p1('v1', node) },
    { words: 'classic with an API key in every request', picks: p1('classic with a key', node) },
    { words: 'v1 with an API key in every request', picks: p1('v1 with a key', node) },
    {
      words: 'with the access log, with 1 kB of data, over TLS; beside nginx + Lua with the same',
      picks: [
        ...p1('classic with the log', node, ['nginx + Lua with its log']),
        ...p1('classic with 1 kB', node, ['nginx + Lua with 1 kB']),
        ...p1('classic over TLS', node, ['nginx + Lua over TLS']),
      ],
    },
    {
      words: 'beside 2.x: the server, Redis',
      picks: [...p1('classic', node, ['2.x']), pick('P1', /CPU of Redis/, '2.x')],
    },
    {
      words: `${many} sessions read in turn, server and Redis: beside 2.x, beside our own 10,000`,
      picks: [pick('P2', /./, '2.x'), pick('P2', /./, 'ours, 10,000')],
    },
    {
      words: 'a read, embedded store: beside nginx + Lua without its Redis, beside node:http answering a constant',
      picks: ['nginx + Lua', 'node:http, a constant'].map((peer) => pick('P3', new RegExp(`Node ${node}`), peer)),
    },
    {
      words: 'a mix of reads and writes on Redis, all CPU, beside 2.x; our p99 beside its p50',
      picks: [pick('P4', /CPU/, '2.x'), pick('P4', /offered/, '2.x, p50')],
    },
    {
      words: `creates and sets, embedded, each on the disk: in an empty store, in one of ${many}`,
      picks: [pick('P5', /rate$/), pick('P5', /sessions$/)],
    },
    {
      words: `a user's 10 sessions; 100 of an app of ${many}; on Redis`,
      picks: [pick('P6', /of a user, Redis/), pick('P6', /^list 100 .*Redis/)],
    },
    {
      words: 'the same, embedded',
      picks: [pick('P6', /of a user, embedded/), pick('P6', /^list 100 .*embedded/)],
    },
    {
      words: `end all of an app of ${many}, and the p99 of others meanwhile: Redis`,
      picks: [pick('P7', /Redis$/), pick('P7', /Redis: p99/)],
    },
    { words: 'the same, embedded', picks: [pick('P7', /embedded$/), pick('P7', /embedded: p99/)] },
    {
      words: 'memory of a session in Redis beside 2.x: without data, with 100 bytes',
      picks: [pick('P8', /without/), pick('P8', /with 1/)],
    },
    {
      words: 'a Cluster of three: CPU of a read beside one Redis; spread of the load',
      picks: [pick('P9', /CPU/), pick('P9', /load/)],
    },
    { words: 'from start to first answer; memory when idle', picks: [pick('P10', /answer/), pick('P10', /memory/)] },
    { words: 'verify 100 tokens at once, a token', picks: [pick('verify', /./)] },
  ];
}

/** Writes the part of README.md. */
export function figures({ date, machine, size, findings, missing = [] }: Results): string {
  const node = /^v(\d+)/.exec(machine.node)![1]!;
  const rows = rowsFor(node, size.many.toLocaleString('en-US')).flatMap(({ words, picks }) => {
    const found = picks.map((pick) => findings.find((finding) => fits(finding, pick))).filter((f) => f !== undefined);
    if (found.length === 0) return [];
    return [`| ${words} | ${found.map(figure).join(', ')} | ${found.map(bound).join(', ')} |`];
  });
  const reached = findings.filter(isReached).length;
  const run = `${date.slice(0, 10)}, ${machine.cores} cores of a virtual machine, Node ${machine.node}, 64 connections, medians of ${size.rounds} rounds`;
  return `${[
    `Measured in one run: ${run}. ${reached} of ${findings.length} goals are reached;`,
    "what is missed is **bold**. × is ours divided by the peer's in the same rounds: CPU time of the server a request, where nothing else is said.",
    '',
    '| | measured | goal |',
    '|---|---|---|',
    ...rows,
    ...(missing.length === 0 ? [] : ['', `Not measured: ${missing.join('; ')}.`]),
  ].join('\n')}\n`;
}

function fits({ target, what, peer }: Finding, pick: Pick): boolean {
  return target === pick.target && pick.what.test(what) && (pick.peer === undefined || peer?.name === pick.peer);
}

function figure(finding: Finding): string {
  const text = finding.ratio === null ? `${number(finding.ours)} ${finding.unit}` : `${number(measured(finding))} ×`;
  return isReached(finding) ? text : `**${text}**`;
}

function bound(finding: Finding): string {
  return goal(finding).replace(' × peer', '');
}
