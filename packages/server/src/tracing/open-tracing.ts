/** Tracing as the configuration asks for it. The libraries are loaded here, and only here: without a collector nothing of them is. */
import type { TracingConfig } from '../config.ts';
import type { SessionStore } from '../core/store.ts';
import type { Tracing } from '../http/message/tracing.ts';
import type { Log } from '../log/log.ts';

export interface OpenTracing {
  readonly tracing: Tracing;
  readonly traced: (store: SessionStore) => SessionStore;
  readonly close: () => Promise<void>;
}

/** `store`: RS_STORE. */
export async function openTracing(
  { wantsGrpc }: TracingConfig,
  { log, ...options }: { readonly version: string; readonly store: string; readonly log: Log },
): Promise<OpenTracing> {
  if (wantsGrpc) {
    log.warn('OTEL_EXPORTER_OTLP_PROTOCOL: spans are sent by HTTP and not by gRPC; collectors take them at port 4318');
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
