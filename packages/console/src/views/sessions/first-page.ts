/** Where the sessions of a subject are asked for: by the list, and ahead of it by the search that leads there. */
import { part, type RequestOptions } from '../../api/request.ts';

export function pathOfSubject(app: string, subject: string): string {
  return `/apps/${part(app)}/subjects/${part(subject)}/sessions`;
}

export const firstPage: NonNullable<RequestOptions['query']> = { limit: 100, cursor: null, activeWithin: null };
