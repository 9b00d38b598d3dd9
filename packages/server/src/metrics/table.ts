/**
 * The table of metrics: every name that `/metrics` may show, with its type, its labels and its meaning. docs/metrics.md is made
 * from it. A label never has a value that callers choose: routes are templates, statuses are classes, apps are those that the policy file
 * names (the first 64), and all others together are `other`. So the number of series is bounded: a test counts it.
 *
 * Gauges say how several processes of one server become one value (snapshot.ts); counters and histograms are summed.
 */

export type MetricType = 'counter' | 'gauge' | 'histogram';

/** What a gauge of several processes is: their sum, the largest, the smallest, or what was measured last. */
export type Merge = 'sum' | 'max' | 'min' | 'latest';

export interface Metric {
  readonly name: string;
  readonly type: MetricType;
  /** One sentence. */
  readonly help: string;
  readonly labels: readonly string[];
  /** Of a histogram: the upper bounds of its buckets, without the infinite one. */
  readonly bounds?: readonly number[];
  /** Of a gauge. */
  readonly merge?: Merge;
}

const counter = (name: string, help: string, labels: readonly string[] = []): Metric => ({
  ...{ name: `restsessions_${name}`, type: 'counter', help, labels },
});
const gauge = (name: string, merge: Merge, help: string, labels: readonly string[] = []): Metric => ({
  ...{ name: `restsessions_${name}`, type: 'gauge', help, labels, merge },
});
const histogram = (name: string, bounds: readonly number[], help: string, labels: readonly string[] = []) => ({
  ...{ name: `restsessions_${name}`, type: 'histogram' as const, help, labels, bounds },
});
/** The names that all Prometheus clients give to what is about a process: boards that know them work here, too. */
const ofProcess = (metric: Metric): Metric => ({ ...metric, name: metric.name.replace('restsessions_', '') });

/** Why a session ended, as far as a process can tell. */
export const END_REASONS = ['logout', 'revoked', 'subject', 'app', 'cap', 'expired'] as const;
export type EndReason = (typeof END_REASONS)[number];

export const METRICS = {
  requests: histogram(
    'http_request_duration_seconds',
    [0.001, 0.005, 0.02, 0.1, 0.5, 2.5],
    'Time from the head of a request until its answer was handed to the connection, by the template of its route (none: no route has the path) and the class of its status. A client that left before its answer counts as 4xx.',
    ['route', 'status'],
  ),
  inFlight: gauge(
    'http_requests_in_flight',
    'sum',
    'Requests that are worked on now; RS_MAX_CONCURRENT is their limit in each process.',
  ),
  shed: counter('http_shed_total', 'Requests that were turned away with 503 because RS_MAX_CONCURRENT was reached.'),
  storeDuration: histogram(
    'store_duration_seconds',
    [0.0001, 0.0005, 0.002, 0.01, 0.05, 0.25, 1],
    'Time that an operation of the store took, waiting included.',
    ['operation'],
  ),
  storeBatch: histogram(
    'store_batch_size',
    [1, 2, 4, 8, 16, 32, 64],
    'How many operations went together: on Redis the reads of one script call, in the embedded store the changes of one transaction.',
  ),
  storeUp: gauge('store_up', 'min', '1 while the store does its work, 0 during an outage.'),
  storeFindings: gauge(
    'store_finding',
    'max',
    'In how many places the state or the settings of the store are now as the doctor would warn of, by the code of the warning.',
    ['code'],
  ),
  lmdbMap: gauge(
    'lmdb_map_bytes',
    'max',
    'Bytes of the data file of the embedded store up to the last page that was ever used. It does not shrink; freed pages are used again.',
  ),
  sessions: gauge('sessions', 'latest', 'Sessions that are alive, as the last sweep counted them.', ['app']),
  subjects: gauge('subjects', 'latest', 'Subjects with a session, as the last sweep counted them.', ['app']),
  created: counter('sessions_created_total', 'Sessions that this server created.', ['app']),
  ended: counter(
    'sessions_ended_total',
    'Sessions that this server ended: by their token (logout), by their id (revoked), all of a subject, all of an app, to make room under the cap of a subject, or removed by the sweep after their timeout (expired).',
    ['app', 'reason'],
  ),
  tokenReuse: counter(
    'token_reuse_total',
    'Tokens that were shown after the grace of the rotation that replaced them: they may have been stolen.',
    ['app'],
  ),
  journalEvents: gauge(
    'journal_events',
    'latest',
    'Events that the journals of all apps have, as they were counted last, once in RS_SWEEP_INTERVAL. Not there without a journal.',
  ),
  journalBytes: gauge(
    'journal_bytes',
    'latest',
    'About how large the largest journal of an app is. RS_EVENTS_BYTES is its limit.',
  ),
  journalWaiting: gauge(
    'journal_waiting_events',
    'latest',
    'Events that the webhook which is furthest behind has not had yet. One that is paused does not count.',
  ),
  eventsDropped: counter(
    'events_dropped_total',
    'Events that a webhook had not had when they were dropped, because the journal had become larger than RS_EVENTS_BYTES. The log says which.',
  ),
  streams: gauge(
    'event_streams_open',
    'sum',
    'Streams of events that are open; RS_MAX_STREAMS is their limit in each process.',
  ),
  webhookRequests: counter(
    'webhook_requests_total',
    'Requests to receivers of webhooks, by what came of them: delivered, refused (it answered with another status than 2xx) or failed (no answer).',
    ['outcome'],
  ),
  deadLetters: counter(
    'webhook_dead_letters_total',
    'Events that were given up after the last attempt: `rest-sessions webhooks dead-letters` shows them. The log says of which webhook.',
  ),
  failedVerifies: counter('failed_verifies_total', 'Tokens that were shown and opened no session.', ['app']),
  adoptLeft: gauge(
    'adopt_sessions_left',
    'latest',
    'Sessions that are still where redis-sessions keeps them (RS_ADOPT), as they were counted a second ago. Not there without RS_ADOPT.',
  ),
  adopted: counter(
    'adopt_sessions_total',
    'Sessions that were taken over from redis-sessions (RS_ADOPT). Not there without RS_ADOPT.',
  ),
  adoptUp: gauge(
    'adopt_up',
    'min',
    '1 while the Redis of RS_ADOPT answers, 0 while it does not. Not there without RS_ADOPT.',
  ),
  wrongKeys: counter(
    'wrong_keys_total',
    'Calls with a wrong API key: answered 401 (refused), or 429 because too many came from one address (limited).',
    ['outcome'],
  ),
  keyExpires: gauge(
    'key_expires_timestamp_seconds',
    'min',
    'When the next API key ends, as a Unix time. A key that has ended counts for one day more. Not there when no key ends.',
  ),
  certificateExpires: gauge(
    'certificate_expires_timestamp_seconds',
    'min',
    'When the certificate of RS_TLS_CERT ends, as a Unix time; of a chain, the first to end. Not there without TLS.',
  ),
  loopDelay: histogram(
    'event_loop_delay_seconds',
    [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5],
    'How much later than asked for a timer ran, ten times a second: as long does any request wait before anything is done for it.',
  ),
  build: gauge('build_info', 'max', '1, with the version of the server, of Node and the kind of store.', [
    ...['version', 'node', 'store'],
  ]),
  cpu: ofProcess(counter('process_cpu_seconds_total', 'CPU time that the process has used, of user and system.')),
  residentMemory: ofProcess(
    gauge(
      'process_resident_memory_bytes',
      'sum',
      'Resident memory. Pages of the data file count, though the system takes them back when it needs memory.',
    ),
  ),
  openFiles: ofProcess(gauge('process_open_fds', 'sum', 'Open file descriptors. Linux only.')),
  maxFiles: ofProcess(gauge('process_max_fds', 'sum', 'Most file descriptors that may be open. Linux only.')),
  startTime: ofProcess(gauge('process_start_time_seconds', 'min', 'When the process began, as a Unix time.')),
} as const satisfies Record<string, Metric>;

/** Writes the table as Markdown: docs/metrics.md. */
export function metricsTable(): string {
  const rows = Object.values(METRICS).map(({ name, type, labels, help }: Metric) => {
    return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`;
  });
  return ['| name | type | labels | meaning |', '|---|---|---|---|', ...rows].join('\n');
}
