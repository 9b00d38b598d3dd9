/**
 * The supervisor: n workers on one port, kept at n. It hands out connections in turns (node:cluster), so it alone listens, and the
 * port is free the moment it is gone; a worker whose supervisor is gone ends by itself. It opens no store and answers nothing.
 *
 * The first worker is started alone: what keeps one from starting keeps all of them, and is said once. Later a worker that cannot
 * start is tried again for as long as another one serves; when none does, the supervisor ends, and says why.
 *
 * Rejected: a listening socket that all workers share. The system gave 70 % of the connections to two of eight workers elsewhere.
 */
import cluster from 'node:cluster';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../log/log.ts';
import { BackOff } from './back-off.ts';
import { Counted, FIGURES_COUNTED, METRICS_COUNTED } from './counted.ts';
import { Gathering } from './gathering.ts';
import { type End, Member, type NotStarted } from './member.ts';
import { FIGURES, FIRST_MARK, type FromWorker, METRICS, type Ready, type StartFailure } from './messages.ts';
import { PACE, type Pace, Pulse } from './pulse.ts';

/** How long a stop may take before what is left is ended: ten seconds for the requests, and some for the store. Units: milliseconds. */
const STOP_PATIENCE = 20_000;
/** How long a restart waits for an old worker before it goes on to the next. Units: milliseconds. */
const RESTART_PATIENCE = 2000;
/** Figures may be long, and nobody watches them by the second: they are asked for at every so many beats of the pulse. */
const FIGURES_EVERY = 10;

/** What a worker is started with. */
export interface Program {
  /** The script; or the first word for a program that needs none. */
  readonly exec: string;
  readonly args: readonly string[];
}

export interface SupervisorOptions {
  readonly count: number;
  readonly program: Program;
  readonly log: Log;
  /** Of what their workers are asked for (pulse.ts). Absence: the usual one. */
  readonly pace?: Pace;
}

export class Supervisor {
  /** Resolves with what is to be said when no worker is left and none can be started. */
  readonly failed: Promise<StartFailure>;
  private readonly options: SupervisorOptions;
  private readonly members = new Set<Member>();
  private readonly backOffs = new Map<number, BackOff>();
  /** One that was told to end has its connections still, and what it counted. */
  private readonly gathering = new Gathering(() => [...this.members].filter(({ state }) => state !== 'starting'));
  private readonly metrics = new Counted(METRICS_COUNTED);
  private readonly figures = new Counted(FIGURES_COUNTED);
  private readonly pulse: Pulse<Member>;
  private readonly stopped = new AbortController();
  private leader: Member | null = null;
  private fail: (failure: StartFailure) => void = () => {};
  /** The port that the first worker was given. */
  private port: string | null = null;
  private restarting: Promise<void> | null = null;
  /** Whose successor is on its way. Absence: null outside of a restart. */
  private renewed: Member | null = null;
  private isAskedAgain = false;

  constructor(options: SupervisorOptions) {
    this.options = options;
    this.failed = new Promise((resolve) => {
      this.fail = resolve;
    });
    const { pace = PACE, log } = options;
    this.pulse = new Pulse({
      pace,
      members: () => [...this.members].filter(({ state }) => state !== 'starting'),
      ask: (member, beat) => {
        member.tell({ kind: 'give', id: 0, what: METRICS });
        if (beat % FIGURES_EVERY === 0) member.tell({ kind: 'give', id: 0, what: FIGURES });
      },
      onStill: (member) => {
        const seconds = (pace.every * pace.patience) / 1000;
        log.error({ worker: member.number, pid: member.pid, seconds }, 'a worker stands still; it is ended');
        member.kill();
      },
    });
    cluster.schedulingPolicy = cluster.SCHED_RR;
    const { exec, args } = options.program;
    cluster.setupPrimary({ exec, args: [...args] });
  }

  /** The process ids of the workers that answer, in the order of their numbers. */
  get pids(): number[] {
    return this.serving().map(({ pid }) => pid);
  }

  /** Starts all workers; gives what the first one tells. Errors: NotStarted, and then none is left. */
  async start(): Promise<Ready> {
    try {
      const ready = await this.add(1).started;
      this.port = new URL(ready.url).port;
      const others = Array.from({ length: this.options.count - 1 }, (_, i) => this.add(i + 2).started);
      await Promise.all(others);
      this.pulse.start();
      return ready;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Has all workers read their files again. */
  reload(): void {
    for (const member of this.serving()) member.tell({ kind: 'reload' });
  }

  /** Puts a new worker in the place of each, one after the other. Asked again meanwhile, it begins again when it is done. */
  restart(): void {
    this.isAskedAgain = true;
    this.restarting ??= this.restartAll().finally(() => {
      this.restarting = null;
    });
  }

  /** Ends all workers. Gives whether all of them ended well and in time. */
  async stop(): Promise<boolean> {
    this.stopped.abort();
    this.pulse.stop();
    const members = [...this.members];
    for (const member of members) member.leave('stop');
    const timer = setTimeout(() => this.kill(), STOP_PATIENCE);
    const ends = await Promise.all(members.map(({ ended }) => ended));
    clearTimeout(timer);
    return ends.every(({ code }) => code === 0);
  }

  /** Ends all workers at once. */
  kill(): void {
    for (const member of this.members) {
      this.options.log.error({ worker: member.number, pid: member.pid }, 'a worker does not stop; it is ended');
      member.kill();
    }
  }

  private get isStopping(): boolean {
    return this.stopped.signal.aborted;
  }

  private serving(): Member[] {
    return [...this.members].filter(({ state }) => state === 'serving').sort((a, b) => a.number - b.number);
  }

  private add(number: number): Member {
    // A port that the system chose is kept, also when no worker holds it at the moment.
    const env = {
      ...(this.port !== null && this.serving().length === 0 && { RS_PORT: this.port }),
      ...(this.port === null && { [FIRST_MARK]: 'yes' }),
    };
    const isAnyoneThere = () => this.serving().length > 0;
    const member: Member = new Member({ number, env, isAnyoneThere, onMessage: (m) => this.hear(member, m) });
    this.members.add(member);
    void member.ended.then((end) => this.onEnd(member, end));
    void member.started.then(
      () => this.elect(),
      () => {},
    );
    return member;
  }

  private hear(from: Member, message: FromWorker): void {
    this.pulse.heard(from);
    if (message.kind === 'spent') {
      for (const member of this.serving()) if (member !== from) member.tell(message);
    } else if (message.kind === 'gather') {
      void this.gathering.gather(message.what).then((given) => {
        const answered = new Set(given.keys());
        const parts = this.countedOf(message.what)?.all(answered) ?? [...given.values()];
        from.tell({ kind: 'gathered', id: message.id, parts });
      });
    } else if (message.kind === 'part') {
      this.countedOf(message.what)?.note(from, message.part);
      this.gathering.take(from, message);
    }
  }

  /** Absence: null for what is not kept. */
  private countedOf(what: string): Counted<unknown> | null {
    if (what === METRICS) return this.metrics as Counted<unknown>;
    return what === FIGURES ? (this.figures as Counted<unknown>) : null;
  }

  /** One worker does what is to be done once for all. */
  private elect(): void {
    if (this.isStopping || this.leader?.state === 'serving') return;
    this.leader = this.serving()[0] ?? null;
    this.leader?.tell({ kind: 'lead' });
  }

  private onEnd(member: Member, { code, signal }: End): void {
    this.members.delete(member);
    this.metrics.gone(member);
    this.figures.gone(member);
    this.gathering.gone(member);
    this.pulse.gone(member);
    const { number, state, pid } = member;
    if (this.leader === member) this.leader = null;
    this.elect();
    if (this.isStopping || state === 'starting') return;
    if (code !== 0) this.leader?.tell({ kind: 'release' });
    if (state === 'leaving') {
      if (code !== 0) this.options.log.error({ worker: number, pid, code, signal }, 'a worker did not end well');
      return;
    }
    this.options.log.error(
      { worker: number, pid, code, signal },
      this.pulse.isGivenUp(member)
        ? 'a worker that stood still has ended; another one takes its place'
        : 'a worker has ended by itself; another one takes its place',
    );
    // Otherwise two would come in the place of one.
    if (member !== this.renewed) void this.replace(member);
  }

  /** Starts workers in the place of one that is gone until one of them answers. */
  private async replace({ number, age }: Member): Promise<void> {
    const backOff = this.backOffs.get(number) ?? new BackOff();
    this.backOffs.set(number, backOff);
    for (let wait = backOff.after(age); ; ) {
      await delay(wait, undefined, { signal: this.stopped.signal }).catch(() => {});
      if (this.isStopping) return;
      const member = this.add(number);
      try {
        await member.started;
        this.options.log.info({ worker: number, pid: member.pid }, 'a worker has taken the place of one that ended');
        return;
      } catch (error) {
        const { failure } = error as NotStarted;
        if (this.isStopping) return;
        if (this.serving().length === 0) return this.fail(failure);
        wait = backOff.after(0);
        this.options.log.error(
          { worker: number, why: failure.lines.join('; '), again: wait / 1000 },
          'a worker cannot start; it is tried again in some seconds',
        );
      }
    }
  }

  private async restartAll(): Promise<void> {
    while (this.isAskedAgain && !this.isStopping) {
      this.isAskedAgain = false;
      this.options.log.info('restarting the workers, one after the other');
      for (const old of this.serving()) if (!(await this.renew(old))) return;
      this.options.log.info({ workers: this.pids }, 'all workers are new');
    }
  }

  /** Gives false when the restart cannot go on. */
  private async renew(old: Member): Promise<boolean> {
    // One that died meanwhile has got a new one in its place.
    if (this.isStopping || old.state !== 'serving' || !this.members.has(old)) return !this.isStopping;
    this.renewed = old;
    try {
      await this.add(old.number).started;
    } catch (error) {
      const why = (error as NotStarted).failure.lines.join('; ');
      // It died meanwhile, and its successor did not come.
      if (!this.isStopping && !this.members.has(old)) void this.replace(old);
      if (!this.isStopping)
        this.options.log.error(
          { why },
          'a new worker cannot start, so the restart ends here; the workers from before go on',
        );
      return false;
    } finally {
      this.renewed = null;
    }
    if (this.isStopping) return false;
    old.leave('drain');
    this.elect();
    // One with connections that nobody uses may take longer. It is in nobody's way.
    await Promise.race([old.ended, delay(RESTART_PATIENCE, undefined, { ref: false })]);
    return true;
  }
}
