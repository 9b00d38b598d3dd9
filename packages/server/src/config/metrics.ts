/** Where the server shows its metrics. */
import { ConfigError, number, type Read, type Variable } from './variable.ts';

export const METRICS_VARIABLES = {
  metricsPort: {
    name: 'RS_METRICS_PORT',
    type: 'integer',
    unit: 'TCP port',
    default: '',
    allowed: 'a whole number from 0 to 65535, or not set',
    sentence:
      'A port of its own on 127.0.0.1 for /metrics, without API keys; 0 takes any free one, and the log names it. Not set: /metrics is on the port of the sessions, and needs the scope admin where there are API keys.',
  },
} as const satisfies Record<string, Variable>;

/** `port`: of the sessions. Absence: null when metrics are on that one. Errors: ConfigError. */
export function readMetricsPort(read: Read, port: number | undefined): number | null {
  const own = read(METRICS_VARIABLES.metricsPort, (text) =>
    text === '' ? null : number(text, /^\d{1,5}$/, 0, 65_535),
  );
  if (own !== null && own !== 0 && own === port) {
    throw new ConfigError(`RS_METRICS_PORT=${own} is the port of the sessions (RS_PORT), too; set it to another one`);
  }
  return own;
}
