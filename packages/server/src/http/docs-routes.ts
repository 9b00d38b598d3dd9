/**
 * /docs: the OpenAPI document as a page to try it on. Everything the page needs comes from here, so it works without
 * internet, and its policy lets it load and call nothing else. Swagger UI (Apache-2.0) is copied into the package when
 * that is built, compressed; it is no dependency. Not here: the document itself (openapi.ts).
 */
import { ServiceError } from '../core/errors.ts';
import { HEADERS } from './problem.ts';
import type { Handle, Route } from './route.ts';

/** Reads a file of the page, compressed with gzip. Errors: whatever reading says when it is not there. */
export type ReadAsset = (name: string) => Uint8Array<ArrayBuffer>;

const SCRIPT = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
});
`;

const page = (version: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>REST-Sessions ${version}: the v1 API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css?v=${version}">
</head>
<body>
<div id="docs"></div>
<noscript>This page needs JavaScript. What it shows is in <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/swagger-ui-bundle.js?v=${version}"></script>
<script src="/docs/page.js?v=${version}"></script>
</body>
</html>
`;

const PAGE_HEADERS = {
  ...HEADERS,
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
};

/** The page asks with the version in the query, so a day is not too long. */
const ASSET_HEADERS = { ...HEADERS, 'Cache-Control': 'public, max-age=86400' };
const JAVASCRIPT = 'text/javascript; charset=utf-8';

export function docsRoutes(readAsset: ReadAsset, version: string): Route[] {
  const open = (path: string, handle: Handle): Route => ({ method: 'GET', path, scope: null, handle });
  return [
    open('/docs', () => new Response(page(version), { headers: PAGE_HEADERS })),
    open('/docs/page.js', () => new Response(SCRIPT, { headers: { ...ASSET_HEADERS, 'Content-Type': JAVASCRIPT } })),
    open('/docs/swagger-ui-bundle.js', asset('swagger-ui-bundle.js', JAVASCRIPT, readAsset)),
    open('/docs/swagger-ui.css', asset('swagger-ui.css', 'text/css; charset=utf-8', readAsset)),
  ];
}

/** Serves a file: as it is kept to those who take gzip, plain to others. It is read when first asked for. */
function asset(name: string, type: string, readAsset: ReadAsset): Handle {
  let kept: Uint8Array<ArrayBuffer> | undefined;
  return (c) => {
    try {
      kept ??= readAsset(name);
    } catch (cause) {
      throw new ServiceError('route_not_found', 'the files of this page were not built', { cause });
    }
    const headers = { ...ASSET_HEADERS, 'Content-Type': type, Vary: 'Accept-Encoding' };
    if (/\bgzip\b/.test(c.req.header('accept-encoding') ?? '')) {
      return new Response(kept, { headers: { ...headers, 'Content-Encoding': 'gzip' } });
    }
    return new Response(new Blob([kept]).stream().pipeThrough(new DecompressionStream('gzip')), { headers });
  };
}
