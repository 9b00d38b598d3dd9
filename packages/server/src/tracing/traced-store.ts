/** A store whose verbs have a span each. What is not asked by a request (the sweep, the end) has none. */
import type { SessionStore } from '../core/store.ts';
import type { OpenTelemetry } from './open-telemetry.ts';

const VERBS: ReadonlySet<PropertyKey> = new Set<keyof SessionStore>([
  ...(['create', 'get', 'getMany', 'find', 'update', 'rotate', 'revoke', 'list', 'count'] as const),
  ...(['apps', 'memo', 'lock', 'unlock', 'records', 'install', 'ping'] as const),
]);

export function tracedStore(store: SessionStore, telemetry: OpenTelemetry): SessionStore {
  type Verb = (...args: unknown[]) => Promise<unknown>;
  const traced = new Map<PropertyKey, unknown>();
  return new Proxy(store, {
    get: (target, name) => {
      let member = traced.get(name);
      if (member !== undefined) return member;
      member = Reflect.get(target, name) as unknown;
      if (typeof member !== 'function') return member;
      const verb = member.bind(target) as Verb;
      member = VERBS.has(name) ? (...args: unknown[]) => telemetry.verb(String(name), () => verb(...args)) : verb;
      traced.set(name, member);
      return member;
    },
  });
}
