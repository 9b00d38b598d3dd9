/** The methods that a path has among routes. */
import type { Route } from './route.ts';

/** Absence: empty when no route has the path. Routes for whatever is below a path do not count. */
export function allowedMethods(routes: readonly Route[], path: string): string[] {
  const parts = path.split('/');
  const methods = routes.filter((route) => matches(route.path.split('/'), parts)).map((route) => route.method);
  return methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
}

function matches(template: readonly string[], parts: readonly string[]): boolean {
  if (template.length !== parts.length) return false;
  return template.every((part, i) => (part.startsWith(':') ? parts[i] !== '' : part === parts[i]));
}
