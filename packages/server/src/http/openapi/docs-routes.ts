/**
 * /docs: the reference of all routes as a page to read and try, and the guides beside it. Everything comes from here, so
 * it works without internet, and its policy lets it load and call nothing else. The files are made when the package is
 * built (scripts/build-docs-page.mjs). Not here: what the page says (reference-page.ts).
 */
import { ServiceError } from '../../core/errors.ts';
import { HEADERS } from '../message/problem.ts';
import { answer, type Handle, type Route } from '../message/route.ts';
import { pathPart } from '../message/target.ts';
import type { Document } from './document.ts';
import { type Guide, referencePage } from './reference-page.ts';

/** Gives the text of a file of the page. Errors: whatever reading says when it is not there. */
export type ReadAsset = (name: string) => string;

const PAGE_HEADERS = {
  ...HEADERS,
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'Referrer-Policy': 'no-referrer',
};

/** The page asks with the version in the query, so a day is not too long. */
const ASSET_HEADERS = { ...HEADERS, 'Cache-Control': 'public, max-age=86400' };

/** `document`: gives the OpenAPI document as text. */
export function docsRoutes(readAsset: ReadAsset, document: () => string, version: string): Route[] {
  const open = (path: string, handle: Handle): Route => ({ method: 'GET', path, scope: null, handle });
  const file = keeping(readAsset);
  const guides = () => JSON.parse(file('guides.json')) as Guide[];
  let page: string | undefined;
  return [
    open('/docs', (c) => {
      page ??= referencePage(JSON.parse(document()) as Document, guides(), version);
      return answer(c, page, 200, PAGE_HEADERS);
    }),
    open('/docs/page.js', (c) => answer(c, file('page.js'), 200, assetHeaders('text/javascript'))),
    open('/docs/page.css', (c) => answer(c, file('page.css'), 200, assetHeaders('text/css'))),
    open('/docs/guides/:guide', (c) => {
      const name = pathPart(c, 3, 'guide');
      // Only a name of the list is ever read: a path in its place is the name of no guide.
      if (!guides().some((guide) => guide.name === name)) {
        throw new ServiceError('route_not_found', 'there is no such guide');
      }
      return answer(c, file(`guides/${name}.html`), 200, PAGE_HEADERS);
    }),
  ];
}

function assetHeaders(type: string): Record<string, string> {
  return { ...ASSET_HEADERS, 'Content-Type': `${type}; charset=utf-8` };
}

/** Gives what reads each file once, when it is first asked for. Errors: `route_not_found` when the page was not built. */
function keeping(read: ReadAsset): ReadAsset {
  const kept = new Map<string, string>();
  return (name) => {
    const known = kept.get(name);
    if (known !== undefined) return known;
    try {
      const text = read(name);
      kept.set(name, text);
      return text;
    } catch (cause) {
      throw new ServiceError('route_not_found', 'the files of this page were not built', { cause });
    }
  };
}
