/** Who may import whom, below `src/`. architecture.test.ts checks it, and that each of these rules finds who breaks it. */

export interface Rule {
  readonly from: RegExp;
  readonly mayImport: RegExp;
  /** What would be at hand, and is forbidden. Absence: undefined where everything is allowed. */
  readonly never?: string;
  readonly why: string;
}

/**
 * The rooms of http/ from the ground up, each with what it needs from outside. A room knows those on the floors beneath it,
 * and none beside or above it. `app` and `system-routes` are single files.
 */
const FLOORS: readonly Readonly<Record<string, RegExp>>[] = [
  { message: /hono/ },
  { operation: /hono|zod/ },
  { guards: /hono|node:net/ },
  { v1: /zod|node:timers\/promises/, classic: /hono|node:timers\/promises/ },
  { openapi: /hono\/html|zod/ },
  { 'system-routes': /(?!)/, 'metrics-route': /(?!)/, hot: /(?!)/, console: /node:zlib/ },
  { app: /hono|hono\/router\/.+/, sockets: /@hono\/node-server(?:\/utils\/response)?|node:(https?|net|tls)/ },
];

const HTTP_RULES = FLOORS.flatMap((rooms, floor) =>
  Object.entries(rooms).map(([room, outside]): Rule => {
    const beneath = FLOORS.slice(0, floor).flatMap((lower) => Object.keys(lower));
    const known = [room, ...beneath].join('|');
    return {
      from: new RegExp(`^http/${room}(/|\\.ts$)`),
      mayImport: new RegExp(`^(core/.+|http/(${known})(/.+|\\.ts)|${outside.source})$`),
      never: room === 'app' ? 'http/sockets/node-server.ts' : 'http/app.ts',
      why: `${room} knows ${beneath.length === 0 ? 'no other room' : `only the rooms beneath it: ${beneath.join(', ')}`}`,
    };
  }),
);

/** Who a folder may import: first match decides. */
export const RULES: readonly Rule[] = [
  {
    from: /^core\/token\.ts$/,
    mayImport: /^(core\/|node:crypto$)/,
    never: 'node:fs',
    why: 'tokens need the CSPRNG and hashes, nothing else',
  },
  { from: /^core\//, mayImport: /^core\//, never: 'node:crypto', why: 'core has no I/O and no dependency' },
  {
    from: /^stores\/open-(store|ready|reading|place|audit|statistics)\.ts$/,
    mayImport: /^(core\/|stores\/|node:(path|fs)$)/,
    never: 'config.ts',
    why: 'it knows the engines',
  },
  {
    from: /^stores\/data-folder\.ts$/,
    mayImport: /^node:path$/,
    never: 'node:fs',
    why: 'it reads a name, and no disk',
  },
  {
    from: /^stores\/format\.ts$/,
    mayImport: /^$/,
    never: 'stores/lmdb/record.ts',
    why: 'a comparison and its words',
  },
  {
    from: /^stores\/(finding|audit|statistics)\.ts$/,
    mayImport: /^stores\/finding\.ts$/,
    never: 'stores/redis/keys.ts',
    why: 'they are shapes',
  },
  {
    from: /^stores\/memory\//,
    mayImport: /^(core\/|stores\/memory\/)/,
    never: 'stores/lmdb/record.ts',
    why: 'the specification stands on core alone',
  },
  {
    from: /^stores\/lmdb\/backup\//,
    mayImport: /^(stores\/lmdb\/|files\/|lmdb$|node:(crypto|fs|path|timers\/promises)$)/,
    never: 'core/session.ts',
    why: 'a backup is of files, whatever stands in them',
  },
  {
    from: /^stores\/lmdb\//,
    mayImport:
      /^(core\/|stores\/(lmdb\/|(finding|format|audit|statistics)\.ts$)|lmdb$|node:(fs|path|timers\/promises)$)/,
    never: 'stores/memory/memory-store.ts',
    why: 'a store knows its own driver',
  },
  {
    from: /^stores\/redis\/(connection|clients|connectors|handshake|pipes?|slots)\.ts$/,
    mayImport: /^(ioredis$|stores\/redis\/|node:(net|tls|timers\/promises)$)/,
    never: 'core/session.ts',
    why: 'the one place with the driver and its sockets',
  },
  {
    from: /^stores\/redis\//,
    mayImport:
      /^(core\/|stores\/(redis\/|(finding|format|audit|statistics)\.ts$)|assets\.ts$|node:(crypto|timers\/promises)$)/,
    never: 'ioredis',
    why: 'the scripts are assets, the driver is in connection.ts, clients.ts, pipes.ts and slots.ts',
  },
  ...HTTP_RULES,
  {
    from: /^files\//,
    mayImport: /^node:fs$/,
    never: 'core/session.ts',
    why: 'it knows files and processes, whatever they are for',
  },
  { from: /^assets\.ts$/, mayImport: /^node:(fs|sea)$/, never: 'config.ts', why: 'it reads files of the package' },
  {
    from: /^config(\.ts$|\/)/,
    mayImport: /^(config\/|node:)/,
    never: 'core/policy.ts',
    why: 'configuration imports nothing of ours',
  },
  {
    from: /^tracing\/open-tracing\.ts$/,
    mayImport: /^(config\.ts$|core\/store\.ts$|http\/message\/tracing\.ts$|log\/log\.ts$|tracing\/)/,
    never: '@opentelemetry/api',
    why: 'it loads the libraries when they are asked for',
  },
  {
    from: /^tracing\//,
    mayImport:
      /^(core\/(errors|store)\.ts$|http\/message\/(problem|route|tracing)\.ts$|tracing\/|@opentelemetry\/|node:async_hooks$)/,
    never: 'stores/open-store.ts',
    why: 'spans are about routes and verbs, whatever the store',
  },
  {
    from: /^audit\/open-audit\.ts$/,
    mayImport: /^(config\.ts$|audit\/|log\/log\.ts$|node:(fs|util)$)/,
    never: 'http/guards/audit.ts',
    why: 'it leads lines to where they go',
  },
  {
    from: /^audit\//,
    mayImport:
      /^(core\/(errors|secrets)\.ts$|audit\/|http\/message\/(audit|audit-entries)\.ts$|limits\/|reloading\.ts$|node:(crypto|fs|fs\/promises|path)$)/,
    never: 'core/sessions.ts',
    why: 'the audit log is handed what it writes',
  },
  {
    from: /^log\/log\.ts$/,
    mayImport: /^(config\.ts$|log\/log-sink\.ts$|pino|node:)/,
    never: 'core/session.ts',
    why: 'the log depends on its level only',
  },
  { from: /^log\/log-sink\.ts$/, mayImport: /^node:fs$/, never: 'pino', why: 'it writes what it is given' },
  {
    from: /^policy\/(schema|cookie|webhook)\.ts$/,
    mayImport: /^(core\/(events|policy|validate)\.ts$|policy\/(cookie|fault|secret|webhook)\.ts$|zod$)/,
    never: 'policy/resolve.ts',
    why: 'the table of the file stands on the policy',
  },
  {
    from: /^policy\//,
    mayImport:
      /^(core\/(errors|events|policy|policy-report|validate)\.ts$|files\/|policy\/|zod$|node:(crypto|fs|path)$)/,
    never: 'core/sessions.ts',
    why: 'the policy file knows no route and no store',
  },
  {
    from: /^keys\//,
    mayImport:
      /^(core\/(calendar|principal|token|validate)\.ts$|keys\/|files\/|limits\/reminder\.ts$|policy\/json-document\.ts$|node:(crypto|fs|os|path)$)/,
    never: 'http/guards/auth.ts',
    why: 'keys know no route and no header',
  },
  {
    from: /^tls\.ts$/,
    mayImport: /^(config\.ts$|files\/|http\/sockets\/secure-server\.ts$|node:(crypto|fs|tls)$)/,
    never: 'http/sockets/node-server.ts',
    why: 'it reads files for the server',
  },
  {
    from: /^events\//,
    mayImport: /^(core\/|events\/)/,
    never: 'stores/open-store.ts',
    why: 'who hears of events is handed the journal and the time',
  },
  {
    from: /^webhooks\//,
    mayImport:
      /^(core\/|events\/(cloud-event|tail)\.ts$|http\/message\/webhooks\.ts$|webhooks\/|node:(crypto|dns|https?|net|stream)$)/,
    never: 'stores/open-store.ts',
    why: 'who sends is handed the journal, the place of its state and the time',
  },
  {
    from: /^logins\//,
    mayImport:
      /^(core\/|logins\/|http\/message\/console\.ts$|keys\/(entry|password|users)\.ts$|limits\/(rate-limiter|wrong-keys)\.ts$)/,
    never: 'http/console/console-routes.ts',
    why: 'who is logged in is decided without a request',
  },
  { from: /^limits\//, mayImport: /^limits\//, never: 'node:timers', why: 'limits are arithmetic' },
  {
    from: /^metrics\/(table|snapshot|series|render|figures)\.ts$/,
    mayImport: /^metrics\//,
    never: 'core/store.ts',
    why: 'what counts and what is written knows nothing of sessions',
  },
  {
    from: /^metrics\/process-meter\.ts$/,
    mayImport: /^(metrics\/|node:fs$)/,
    never: 'core/store.ts',
    why: 'it asks the system',
  },
  {
    from: /^metrics\//,
    mayImport: /^(metrics\/|core\/(store|token)\.ts$)/,
    never: 'http/message/route.ts',
    why: 'metrics are handed what they count, and know no route and no engine',
  },
  {
    from: /^upkeep\/outage\.ts$/,
    mayImport: /^core\/errors\.ts$/,
    never: 'log/log.ts',
    why: 'it is handed what it asks and tells',
  },
  {
    from: /^upkeep\/sweeper\.ts$/,
    mayImport: /^node:timers\/promises$/,
    never: 'core/store.ts',
    why: 'the sweeper is handed what it calls',
  },
  {
    from: /^upkeep\/store-watch\.ts$/,
    mayImport: /^(stores\/finding\.ts$|node:timers\/promises$)/,
    never: 'stores/open-store.ts',
    why: 'the watch is handed what it asks',
  },
  {
    from: /^upkeep\/(suspects|rules-events)\.ts$/,
    mayImport: /^(core\/(events|store)\.ts$|limits\/reminder\.ts$|node:crypto$)/,
    never: 'policy/file.ts',
    why: 'they are handed the store, and what they tell',
  },
  {
    from: /^upkeep\/journal-keeper\.ts$/,
    mayImport: /^(core\/events\.ts$|node:timers\/promises$)/,
    never: 'core/store.ts',
    why: 'the keeper is handed the journals, and who reads them',
  },
  {
    from: /^reloading\.ts$/,
    mayImport: /^node:fs(\/promises)?$/,
    never: 'config.ts',
    why: 'it is handed what it reads',
  },
  {
    from: /^workers\//,
    mayImport:
      /^(workers\/|(limits\/pool|metrics\/(figures|snapshot))\.ts$|log\/log\.ts$|node:(cluster|timers\/promises)$)/,
    never: 'serve.ts',
    why: 'the supervisor opens no store and answers nothing',
  },
  {
    from: /^moving\/(left|source)\.ts$/,
    mayImport: /^(core\/(session|store|stored-session)\.ts$|moving\/left\.ts$)/,
    never: 'moving/kinds.ts',
    why: 'they are shapes and words',
  },
  {
    from: /^moving\/kinds\.ts$/,
    mayImport: /^moving\/(source\.ts$|sources\/)/,
    never: 'core/token.ts',
    why: 'it is the table of the sources',
  },
  {
    from: /^moving\/sources\/redis-server\.ts$/,
    mayImport: /^(moving\/source\.ts$|stores\/redis\/(address|connection)\.ts$)/,
    never: 'stores/redis/redis-store.ts',
    why: 'it takes the connection of our store, and nothing of its layout',
  },
  {
    from: /^moving\/sources\//,
    mayImport:
      /^(core\/|moving\/(left|source|checked-record|ndjson)\.ts$|moving\/sources\/|ioredis$|node:(buffer|crypto|fs|fs\/promises|net|path|readline|sqlite|stream|timers\/promises|tls|url|util|zlib)$)/,
    never: 'stores/open-store.ts',
    why: 'a source knows core and its own driver, and no store of ours',
  },
  {
    from: /^moving\//,
    mayImport:
      /^(core\/|files\/|moving\/(?!sources\/|kinds)|zod$|node:(crypto|fs|fs\/promises|path|timers\/promises)$)/,
    never: 'stores/open-store.ts',
    why: 'it is handed the source and the store',
  },
  {
    from: /^adopting\/(adoption|look)\.ts$/,
    mayImport:
      /^(adopting\/|config\.ts$|core\/store\.ts$|log\/log\.ts$|moving\/sources\/predecessor\/layout\.ts$|stores\/redis\/(address|connection)\.ts$|upkeep\/outage\.ts$)/,
    never: 'stores/open-store.ts',
    why: 'it makes and wires what adopts, around a store that it is handed',
  },
  {
    from: /^adopting\//,
    mayImport:
      /^(adopting\/|assets\.ts$|core\/|moving\/sources\/predecessor\/(layout|old-session)\.ts$|stores\/redis\/(address|connection)\.ts$|node:(crypto|timers\/promises)$)/,
    never: 'stores/redis/redis-store.ts',
    why: 'it stands around any store, and reaches the old Redis by the one connection there is',
  },
  {
    from: /^(importing|exporting|copying)\.ts$/,
    mayImport:
      /^(assets\.ts$|config\.ts$|core\/|files\/|moving\/|stores\/(data-folder|open-store|open-ready|open-reading|open-place|open-statistics)\.ts$|node:(fs|path)$)/,
    never: 'serve.ts',
    why: 'the composition roots of import, export and copy, which need no server',
  },
  {
    from: /^cli\/remote\//,
    mayImport:
      /^(cli\/|config\.ts$|core\/calendar\.ts$|rest-sessions-client\/admin$|node:(fs|module|net|readline|timers\/promises|tty)$)/,
    never: 'doctor.ts',
    why: 'it asks a server by the client, and knows nothing of what is behind it',
  },
  {
    from: /^cli\//,
    mayImport:
      /^(cli\/|workers\/|assets\.ts$|config\.ts$|keys\/|log\/log\.ts$|(serve|doctor|backup|importing|exporting|copying)\.ts$|moving\/kinds\.ts$|node:)/,
    never: 'stores/open-store.ts',
    why: 'the command neither knows core nor stores',
  },
  {
    from: /^doctor\.ts$/,
    mayImport:
      /^(config\.ts$|adopting\/look\.ts$|doctor\/|stores\/(data-folder|finding|(open-)?(audit|statistics))\.ts$|node:fs$)/,
    never: 'serve.ts',
    why: 'the composition root of the doctor, which needs no server',
  },
  {
    from: /^doctor\//,
    mayImport: /^(config\.ts$|tls\.ts$|keys\/source\.ts$|policy\/file\.ts$|stores\/finding\.ts$|node:(crypto|fs)$)/,
    never: 'serve.ts',
    why: 'it reads what a server would read, and starts none',
  },
  {
    from: /^backup\.ts$/,
    mayImport: /^(assets\.ts$|config\.ts$|stores\/(data-folder\.ts$|lmdb\/backup\/)|node:path$)/,
    never: 'serve.ts',
    why: 'the composition root of backups, which need no server',
  },
  {
    from: /^(serve|access|console|hearing|journals|policies|webhooks|index)\.ts$/,
    mayImport: /./,
    why: 'the composition root wires everything',
  },
];
