/** The composition root: everything is made and wired here, and taken down in the reverse order. */
import { isIP } from 'node:net';
import { type Access, openAccess } from './access.ts';
import { configSchema, docsPageFile, exportSchema, packageVersion } from './assets.ts';
import { AuditFailure } from './audit/audit-log.ts';
import { auditReader } from './audit/audit-reader.ts';
import { openAudit } from './audit/open-audit.ts';
import { type RulesAudit, rulesAudit } from './audit/rules-audit.ts';
import { type Config, showUrl } from './config.ts';
import { DEFAULT_POLICY } from './core/policy.ts';
import { Sessions } from './core/sessions.ts';
import { openHearing } from './hearing.ts';
import { type AppOptions, createApp, guardedConsole, guardedRoutes } from './http/app.ts';
import { HostRule } from './http/guards/host-rule.ts';
import { FastLane } from './http/hot/fast-lane.ts';
import type { Exposition } from './http/metrics-route.ts';
import { MetricsListener } from './http/sockets/metrics-listener.ts';
import { NodeServer } from './http/sockets/node-server.ts';
import { openJournals } from './journals.ts';
import { Pool, type Spent } from './limits/pool.ts';
import { flatLines, type Log } from './log/log.ts';
import { seriesOf } from './metrics/app-series.ts';
import { ServerFigures } from './metrics/figures.ts';
import { ServerMetrics } from './metrics/server-metrics.ts';
import { openPolicy, policyReporter, reloadingPolicy } from './policies.ts';
import { WatchedFiles } from './reloading.ts';
import { openStore } from './stores/open-store.ts';
import { openTracing } from './tracing/open-tracing.ts';
import { isOutage, Outage } from './upkeep/outage.ts';
import { watchStore } from './upkeep/store-watch.ts';
import { startSweeper } from './upkeep/sweeper.ts';
import { openWebhooks } from './webhooks.ts';

/** A server that answers. */
export interface RunningServer {
  readonly url: string;
  /** Where the sessions are kept, in words for the operator. */
  readonly location: string;
  /** Why requests that need the store are answered 503, as far as the start has seen. Absence: null when they are served. */
  readonly trouble: string | null;
  /** Whether everyone who reaches the port may call. */
  readonly open: boolean;
  /** Of this process, and of others for whom it shows them. */
  readonly metrics: ServerMetrics;
  /** Likewise. */
  readonly figures: ServerFigures;
  /**
   * Reads again what can change while the server runs: policy, keys and certificates. A fault is logged, and nothing
   * changes. A change of these files is noticed without it. Absence: null when there is nothing to read again.
   */
  readonly reload: (() => void) | null;
  /** Finishes the requests under way, makes everything durable and lets go. */
  readonly stop: () => Promise<void>;
}

/** A server that is one of several on one port (workers/). */
export interface WorkerServer extends RunningServer {
  /** Does from now on what one of them does for all: sweeping, and watching the store. */
  readonly lead: () => void;
  /** Frees what processes that are dead held in the store. */
  readonly release: () => void;
  /** Counts what others let through (limits/pool.ts). */
  readonly countSpent: (spent: Spent) => void;
  /** Takes no new connection, and asks clients to come back on another one. Resolves when no connection is left. */
  readonly drain: () => Promise<void>;
}

/** Starts a server. Errors: ConfigError, one line for each fault; what the store or the network says. */
export async function serve(config: Config, log: Log, clock: () => number = Date.now): Promise<RunningServer> {
  const server = await serveAsWorker(config, log, null, clock);
  server.lead();
  return server;
}

/** Starts one of several servers on one port. `tellSpent`: is told what it let through; absence: null when it is the only one. */
export async function serveAsWorker(
  config: Config,
  log: Log,
  tellSpent: ((spent: Spent) => void) | null,
  clock: () => number = Date.now,
): Promise<WorkerServer> {
  const policyFile = config.policyFile === null ? null : openPolicy(config.policyFile, config.variable);
  const audit = config.auditLog === null ? null : await openAudit(config.auditLog, log, clock);
  const writeRules = rulesAudit(audit);
  const onRules: RulesAudit = (act, file, changes, digest) => {
    writeRules(act, file, changes, digest);
    // A file may change while the store is still being opened.
    void opening.then(
      () => journals.rulesChanged(act, changes, digest),
      () => {},
    );
  };
  const tracing =
    config.tracing && (await openTracing(config.tracing, { version: packageVersion(), store: config.store, log }));
  const pool = tellSpent && new Pool(tellSpent, later);
  const access = openAccess(config, log, pool, onRules);
  // Loaded where it is wanted, like adoption below, which has the driver of Redis: a module costs memory, wanted or not.
  const openConsole = config.console && (await import('./console.ts')).consoleOf(config.console);
  const outage = storeOutage(log, showUrl(config.store), async () => (await opening).store.ping());
  const onError = (error: unknown) => {
    if (isOutage(error)) outage.failed(error, { request: false });
    else log.error({ err: error }, 'the store failed in the background; it is tried again');
  };
  const known = () => ({
    version: packageVersion(),
    store: /^[a-z]+/.exec(config.store)![0].replace('rediss', 'redis'),
    inFlight: () => servers.reduce((sum, one) => sum + one.inFlight, 0),
    streams: () => heard.streams.count,
    storeUp: () => outage.why === null,
    adoption: () => adoption?.state() ?? null,
    wrongKeys: () => access.wrongKeys?.counts ?? null,
    keyExpires: () => access.keyExpires(clock()),
    certificateExpires: () => access.tls?.endsAt ?? null,
    lmdbMap: () => (stopping ? null : (mapBytes?.() ?? null)),
  });
  const metrics = new ServerMetrics(policyFile?.apps ?? [], known, clock);
  const figures = new ServerFigures(() => ({
    keyUses: Object.entries(access.keyUses()),
    apps: metrics.apps.counted,
  }));
  // A file may change while the store is still being opened: the webhooks begin with the policy that is in force then.
  let refreshWebhooks: (() => void) | null = null;
  const onPolicy = () => {
    metrics.apps.use(policyFile?.apps ?? []);
    refreshWebhooks?.();
  };
  const watched = [
    ...(policyFile === null ? [] : [reloadingPolicy(policyFile, log, onRules, clock, onPolicy)]),
    ...access.reloadings,
  ].map((reloading) => new WatchedFiles(reloading));
  const onTokenReuse = (app: string, session: string) => {
    metrics.apps.tokenReused(app);
    journals.suspected(app, session);
    log.warn(
      { event: 'token_reuse', app, session },
      'a token was used that a rotation had replaced: it may have been stolen',
    );
  };
  const { namespace, storeTimeout: timeout, redis } = config;
  const events = {
    onError,
    journal: policyFile?.journal,
    onTokenReuse,
    onExpired: (app: string, sessions: number) => metrics.apps.ended(app, 'expired', sessions),
    onBatch: (size: number) => metrics.batches.observe(size),
  };
  const options = { namespace, clock, timeout, redis, ...events };
  const opening = openStore(config.store, options);
  const { location, changes = [], settings, lookEvery, releaseDead, mapBytes, ...opened } = await opening;
  const store = metrics.measured(opened.store);
  const journals = openJournals({
    ...{ config, store, rules: policyFile?.journal ?? (() => null), clock, later, log, onError },
    meter: metrics.journals,
    consumers: (app) => webhooks.consumersOf(app),
    onDropped: (app, webhook, dropped) => webhooks.dropped(app, webhook, dropped),
  });
  for (const change of changes) log.warn({ store: location }, change);
  const { adopt: from } = config;
  const adoption =
    from &&
    (await (await import('./adopting/adoption.ts')).openAdoption({ from, tls: redis.tls, timeout, store, clock, log }));
  const serving = adoption?.store ?? store;
  const sessions = new Sessions(
    tracing?.traced(serving) ?? serving,
    policyFile?.source ?? (() => DEFAULT_POLICY),
    later,
  );

  const { journal } = serving;
  const heard = openHearing({ journal, sessions, most: config.maxStreams, clock, later, onError });
  const { tail } = heard;
  const networks = config.webhookNetworks;
  const hooked = { policy: policyFile, store: serving, tail, networks, version: packageVersion() };
  const webhooks = openWebhooks({ ...hooked, clock, later, log, meter: metrics.webhooks, onError });
  refreshWebhooks = webhooks.refresh;

  const exposition: Exposition = (form) => metrics.text(form);
  let stopping = false;
  const appOptions: AppOptions = {
    sessions,
    hearing: heard.streams,
    webhooks: webhooks.administration,
    policyReport: policyReporter(policyFile),
    readAudit: auditReader(config.auditLog),
    series: async (app, period, now) => seriesOf((await figures.all()).apps, app, period, now),
    keys: async () => access.keys(new Map((await figures.all()).keyUses)),
    clock,
    isStopping: () => stopping,
    isAdoptAway: () => adoption !== null && adoption.trouble() !== null,
    authenticate: access.authenticate,
    wrongKeys: access.wrongKeys,
    rateLimits: access.rateLimits,
    audit,
    tracing: tracing?.tracing ?? null,
    schemas: { config: configSchema(), export: exportSchema() },
    version: packageVersion(),
    docsAsset: docsPageFile,
    metrics: config.metricsPort === null ? exposition : null,
    console: openConsole?.(access, tracing?.traced(store) ?? store, pool, log) ?? null,
    onFault: (err, request) => {
      // The audit log tells of itself.
      if (err instanceof AuditFailure || adoption?.isFault(err)) return;
      if (!isOutage(err)) log.error({ err, ...request }, 'a request failed');
      // That the server stops has no cause underneath, and is no outage.
      else if (!stopping || (err as Error).cause !== undefined) outage.failed(err, { request: true });
    },
  };
  const routes = guardedRoutes(appOptions);
  const logRequest = flatLines(log, config.logLevel === 'info' ? 'info' : 'debug', 'request');
  const serverOf = (of: typeof routes, lane: FastLane | null) =>
    new NodeServer({
      app: createApp(appOptions, of),
      lane,
      onRequest: config.logRequests ? logRequest : null,
      meter: metrics.requests,
      tls: access.tls?.files ?? null,
      maxConcurrent: config.maxConcurrent,
      hosts: access.authenticate === null ? new HostRule(ownNames(config)) : null,
    });
  const server = serverOf(routes, config.fastLane ? new FastLane(routes, appOptions.onFault) : null);
  const consolePort = config.console?.port ?? null;
  const consoleServer = consolePort === null ? null : serverOf(guardedConsole(appOptions), null);
  const servers = consoleServer === null ? [server] : [server, consoleServer];
  if (access.tls !== null) access.tls.use = (files) => servers.forEach((one) => void one.useTls(files));
  const onUnshown = (err: unknown) => log.error({ err }, 'the metrics could not be shown');
  const listener = config.metricsPort === null ? null : new MetricsListener(exposition, onUnshown);
  let port: number;
  try {
    if (listener !== null) log.info({ url: await listener.listen(config.metricsPort!) }, 'the metrics have a port');
    const shownAt = await consoleServer?.listen(config.host, consolePort!);
    if (shownAt !== undefined)
      log.info({ url: `${urlOf(access, config.host, shownAt)}/console` }, 'the console has a port');
    port = await server.listen(config.host, config.port);
  } catch (error) {
    for (const files of watched) files.close();
    await Promise.all([listener?.stop(), consoleServer?.stop()]);
    metrics.stop();
    outage.close();
    adoption?.close();
    await journals.close();
    await store.close();
    await audit?.close();
    throw error;
  }

  audit?.started({
    version: packageVersion(),
    uid: process.getuid?.() ?? null,
    store: location,
    policy: policyFile?.digest ?? null,
    keys: access.keysDigest(),
  });

  let stopLeading: (() => Promise<void>) | null = null;
  const lead = () => {
    const stopSweeper = startSweeper({
      sweep: (now, limit) => store.sweep(now, limit),
      clock,
      interval: config.sweepInterval,
      onSwept: (removed) => log.debug({ removed }, 'removed expired sessions'),
      count: (now, isStopped) => metrics.apps.count(store, now, isStopped),
      onError,
    });
    const stopWatching = watchStore({
      look: settings,
      interval: lookEvery,
      clock,
      onLook: (found) => metrics.found(found.map(({ code }) => code)),
      onFound: ({ code, where, message }) => log.warn({ finding: code, server: where }, message),
      onGone: ({ code, where }) => log.info({ finding: code, server: where }, 'no longer so'),
    });
    const stopKeeper = journals.lead();
    const stopAdoption = adoption?.lead();
    const stopWebhooks = webhooks.lead();
    stopLeading = async () => {
      stopWatching();
      await Promise.all([stopSweeper(), stopKeeper(), stopAdoption?.(), stopWebhooks()]);
    };
  };

  return {
    url: urlOf(access, config.host, port),
    location,
    trouble: outage.why,
    open: access.authenticate === null,
    metrics,
    figures,
    reload:
      watched.length === 0 && audit === null
        ? null
        : () => {
            void audit?.reopen();
            for (const files of watched) files.reload();
          },
    lead: () => {
      if (stopLeading === null && !stopping) lead();
    },
    release: () => releaseDead?.(),
    countSpent: (spent) => pool?.charge(spent, clock()),
    drain: async () => {
      const drained = Promise.all(servers.map((one) => one.drain()));
      // Their clients come again, on another connection.
      heard.streams.stop();
      await Promise.all([stopLeading?.(), listener?.stop()]);
      await drained;
    },
    stop: async () => {
      stopping = true;
      for (const files of watched) files.close();
      // Who waits, for a lock or for events, is answered now, and not when the grace of the stop is over.
      heard.stop();
      webhooks.stop();
      await Promise.all([sessions.stopWaiting(), ...servers.map((one) => one.stop())]);
      outage.close();
      await Promise.all([stopLeading?.(), listener?.stop(), journals.close()]);
      adoption?.close();
      metrics.stop();
      await store.close();
      await audit?.stopped();
      await audit?.close();
      await tracing?.close();
    },
  };
}

function urlOf({ tls }: Pick<Access, 'tls'>, host: string, port: number): string {
  return `http${tls === null ? '' : 's'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function later(run: () => void, delay: number): () => void {
  const timer = setTimeout(run, delay);
  return () => clearTimeout(timer);
}

/** Tells in the log when the store is out, and when it is back. `store`: its URL, as it may be shown. */
function storeOutage(log: Log, store: string, probe: () => Promise<unknown>): Outage {
  return new Outage({
    probe,
    onBegin: (news) =>
      log.error({ store, ...news }, 'the session store cannot do its work: what needs it is answered 503 until it can'),
    onLasting: (news) => log.error({ store, ...news }, 'the session store still cannot do its work'),
    onOver: (news) => log.info({ store, ...news }, 'the session store does its work again'),
  });
}

/** The names of the server: those it is allowed, and the one it was told to listen on, when that is a name. */
function ownNames({ allowedHosts, host }: Config): string[] {
  return host.includes('.') && isIP(host) === 0 ? [...allowedHosts, host.toLowerCase()] : [...allowedHosts];
}
