/** Tracing as the environment asks for it. The libraries are loaded here, and only here: without the variable nothing of them is. */
import { ConfigError } from '../config.ts';
import type { SessionStore } from '../core/store.ts';
import type { Tracing } from '../http/message/tracing.ts';
import type { Log } from '../log/log.ts';

const ENDPOINTS = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] as const;

export interface OpenTracing {
  readonly tracing: Tracing;
  readonly traced: (store: SessionStore) => SessionStore;
  readonly close: () => Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Absence: null when no collector is named, or tracing is switched off. Errors: ConfigError. */
export async function openTracing(
  environment: Environment,
  { log, ...options }: { readonly version: string; readonly store: string; readonly log: Log },
): Promise<OpenTracing | null> {
  const named = ENDPOINTS.filter((name) => environment[name]?.trim());
  if (named.length === 0 || isOff(environment)) return null;
  for (const name of named) {
    if (isCollector(environment[name]!)) continue;
    throw new ConfigError(`${name} is not allowed as it is; it must be the http:// or https:// URL of a collector`);
  }
  if (/grpc/i.test(environment.OTEL_EXPORTER_OTLP_PROTOCOL ?? '')) {
    log.warn(
      'OTEL_EXPORTER_OTLP_PROTOCOL: spans are sent by HTTP (http/json), not by gRPC; a collector takes them at port 4318',
    );
  }
  const [{ OpenTelemetry }, { tracedStore }] = await Promise.all([
    import('./open-telemetry.ts'),
    import('./traced-store.ts'),
  ]);
  const telemetry = new OpenTelemetry({
    ...options,
    onTrouble: (why) =>
      log.warn(
        { why },
        'traces: spans cannot be sent, or a setting is not understood; what cannot be sent is given up',
      ),
    onOver: () => log.info('traces: spans are sent again'),
  });
  return {
    tracing: telemetry,
    traced: (store) => tracedStore(store, telemetry),
    close: () => telemetry.close(),
  };
}

function isOff({ OTEL_SDK_DISABLED = '', OTEL_TRACES_EXPORTER = '' }: Environment): boolean {
  return OTEL_SDK_DISABLED.trim().toLowerCase() === 'true' || OTEL_TRACES_EXPORTER.trim() === 'none';
}

function isCollector(text: string): boolean {
  return URL.canParse(text.trim()) && /^https?:$/.test(new URL(text.trim()).protocol);
}
