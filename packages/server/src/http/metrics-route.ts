/**
 * `/metrics`: what the server counts, as text for Prometheus. With API keys it needs the scope `admin`, for all apps. A server that has a
 * port of its own for it (sockets/metrics-listener.ts) does not show it on the port of the sessions.
 */
import { ServiceError } from '../core/errors.ts';
import { answer, type Handle, type Route } from './message/route.ts';

/** Gives the metrics of all processes of the server in a form. */
export type Exposition = (form: MetricsForm) => Promise<string>;
export type MetricsForm = 'text' | 'openmetrics';

export const METRICS_PATH = '/metrics';
export const CONTENT_TYPES: Readonly<Record<MetricsForm, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** `exposition`: null where the metrics are elsewhere. */
export function metricsRoute(exposition: Exposition | null): Route {
  const elsewhere: Handle = () => {
    throw new ServiceError('route_not_found', 'the metrics of this server are on the port of RS_METRICS_PORT');
  };
  const handle: Handle = async (c) => {
    const form = formFor(c.req.header('accept'));
    return answer(c, await exposition!(form), 200, { 'Content-Type': CONTENT_TYPES[form], Vary: 'Accept' });
  };
  if (exposition === null) return { method: 'GET', path: METRICS_PATH, scope: null, handle: elsewhere };
  return { method: 'GET', path: METRICS_PATH, scope: 'admin', handle };
}

/** Gives the form that a client prefers. One that names neither gets the older one, which everything reads. */
export function formFor(accept: string | undefined): MetricsForm {
  const wanted = (accept ?? '').split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    return { type, q: q === undefined ? 1 : Number(q.slice(2)) || 0 };
  });
  const best = (type: string) => Math.max(0, ...wanted.filter((range) => range.type === type).map(({ q }) => q));
  const openmetrics = best('application/openmetrics-text');
  return openmetrics > 0 && openmetrics >= best('text/plain') ? 'openmetrics' : 'text';
}
