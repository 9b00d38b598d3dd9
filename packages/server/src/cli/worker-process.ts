/**
 * One of several servers on one port. It says nothing on its own when it starts, stops or cannot start: its supervisor does, once
 * for all. What it logs has its number.
 */
import { type Config, ConfigError } from '../config.ts';
import { finishLog, isLogStuck, type Log } from '../log/log.ts';
import { serveAsWorker, type WorkerServer } from '../serve.ts';
import { isFirst, WorkerChannel } from '../workers/channel.ts';
import { FIGURES, METRICS } from '../workers/messages.ts';
import { leave } from './leave.ts';
import { firstCauseForWorker } from './signals.ts';
import { startFailure } from './start-words.ts';

/** How long connections may stay that were open when it was told to end; longer than they are kept idle. Units: milliseconds. */
const DRAIN_PATIENCE = 90_000;

/** Runs a worker until it is told to end. */
export async function runWorker(config: Config, log: Log): Promise<never> {
  let server: WorkerServer | null = null;
  const reload = () => server?.reload?.();
  const signalled = firstCauseForWorker({ onReload: reload });
  const channel = new WorkerChannel({
    onLead: () => server?.lead(),
    onReload: reload,
    onRelease: () => server?.release(),
    onSpent: (spent) => server?.countSpent(spent),
    give: (what) => {
      if (what === METRICS) return server?.metrics.snapshot() ?? null;
      return what === FIGURES ? (server?.figures.own() ?? null) : null;
    },
  });
  // What is to be warned of at the start holds for all workers, and the first one says it.
  const { level } = log;
  if (!isFirst(process.env)) log.level = 'error';
  try {
    const { maxConcurrent, workers } = config;
    const share = { ...config, maxConcurrent: Math.ceil(maxConcurrent / workers) };
    server = await serveAsWorker(share, log, (spent) => channel.spent(spent));
  } catch (error) {
    const isWrong = error instanceof ConfigError;
    const lines = isWrong ? error.message.split('\n') : [startFailure(error, config).replaceAll('\n', ' ')];
    const code = isWrong ? 2 : 1;
    await Promise.all([channel.failed({ code, lines }), finishLog()]);
    return leave(code, { isStuck: isLogStuck() });
  }
  log.level = level;
  const { metrics, figures } = server;
  metrics.shownWith(() => channel.gather(METRICS));
  figures.shownWith(() => channel.gather(FIGURES));
  const { url, location, trouble, open } = server;
  channel.ready({ url, location, trouble, open });
  const toStop = Promise.race([signalled, channel.stopped]);
  if ((await Promise.race([toStop, channel.drained.then(() => DRAIN)])) === DRAIN) {
    const drained = server.drain();
    channel.closed();
    await Promise.race([toStop, drained, new Promise((resolve) => setTimeout(resolve, DRAIN_PATIENCE).unref())]);
  }
  await server.stop();
  await channel.leftBehind(FIGURES, figures.own());
  await channel.leftBehind(METRICS, metrics.snapshot());
  log.debug('stopped');
  await finishLog();
  return leave(0, { isStuck: isLogStuck() });
}

const DRAIN = Symbol('drain');
