/** Whether requests are traced. The variables are OpenTelemetry's, as every program has them; the libraries read the others themselves. */
import { ConfigError, type Environment } from './variable.ts';

const ENDPOINTS = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] as const;

export interface TracingConfig {
  /** The environment asks for gRPC, which is not spoken here. */
  readonly wantsGrpc: boolean;
}

/** Absence: null when no collector is named, or tracing is switched off. Errors: ConfigError. */
export function readTracing(environment: Environment): TracingConfig | null {
  const named = ENDPOINTS.filter((name) => environment[name]?.trim());
  if (named.length === 0 || isOff(environment)) return null;
  const wrong = named.find((name) => !isCollector(environment[name]!.trim()));
  // Not shown: a collector's URL may have a password.
  if (wrong !== undefined) throw new ConfigError(`${wrong} is no such URL; it must be http:// or https:// and a host`);
  return { wantsGrpc: /grpc/i.test(environment.OTEL_EXPORTER_OTLP_PROTOCOL ?? '') };
}

function isOff({ OTEL_SDK_DISABLED = '', OTEL_TRACES_EXPORTER = '' }: Environment): boolean {
  return OTEL_SDK_DISABLED.trim().toLowerCase() === 'true' || OTEL_TRACES_EXPORTER.trim() === 'none';
}

function isCollector(text: string): boolean {
  return URL.canParse(text) && /^https?:\/\/./i.test(text);
}
