/**
 * The page /docs: the OpenAPI document and the classic routes as HTML, made in the server from the same description that
 * checks requests. It reads without JavaScript; docs-page/page.js adds the filter and the forms to try a route.
 *
 * Not here: the words of the routes (openapi.ts, classic-words.ts), the guides (scripts/build-docs-page.mjs).
 * Rejected: Swagger UI, which cannot be brought to WCAG 2.2 AA (docs/decisions/0032-reference-page.md).
 */
import { html, raw } from 'hono/html';
import { CLASSIC_OPERATIONS } from './classic-words.ts';
import type { Described, Document } from './document.ts';
import { operationSection } from './operation-section.ts';
import { prose } from './prose.ts';
import { members } from './schema-list.ts';

/** A page of the documentation that is kept beside the reference. */
export interface Guide {
  readonly name: string;
  readonly title: string;
}

const CLASSIC_TAG = 'Classic routes';
const CLASSIC_MEANING =
  'The routes of rest-sessions 2.x, on the same sessions. A token of theirs opens the same session here and there. Their errors are `{name, message}`.';

/** Writes the page. Source of everything it says: the document. */
export function referencePage(document: Document, guides: readonly Guide[], version: string): string {
  const groups = groupsOf(document);
  return `<!doctype html>\n${html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>REST-Sessions ${version}: reference</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/page.css?v=${version}">
<script src="/docs/page.js?v=${version}" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the reference</a>
<header class="top">
<h1>REST-Sessions <span class="version">${version}</span></h1>
<p>${document.info.summary}</p>
<nav aria-label="Guides"><ul>
${guides.map(({ name, title }) => html`<li><a href="/docs/guides/${name}">${title}</a></li>`)}
<li><a href="/openapi.json">openapi.json</a></li>
</ul></nav>
</header>
<div class="columns">
<nav class="contents" aria-label="Routes">
<form role="search" id="search" hidden><label for="filter">Find a route</label>
<input type="search" id="filter" autocomplete="off"> <p role="status" id="found"></p></form>
${groups.map(contentsOf)}
<h2><a href="#shapes">Shapes</a></h2>
</nav>
<main id="main" tabindex="-1">
<section aria-labelledby="start">
<h2 id="start">How to call it</h2>
${raw(prose(document.info.description))}
<div id="settings" hidden>
<p><label for="api-key">API key, where the server has keys. It stays in this page and is sent with what you try.</label>
<input type="password" id="api-key" autocomplete="off" spellcheck="false"></p>
</div>
</section>
${groups.map(groupSection)}
<section aria-labelledby="shapes">
<h2 id="shapes">Shapes</h2>
${Object.entries(document.components.schemas).map(
  ([name, schema]) => html`<div class="shape" id="shape-${name}">
<h3>${name}</h3>
${raw(prose(schema.description ?? ''))}
${members(schema)}
</div>`,
)}
</section>
</main>
</div>
</body>
</html>
`}`;
}

interface Group {
  readonly tag: string;
  readonly description: string;
  readonly operations: readonly Described[];
}

/** Gives the operations by what they are about: those of v1 in the order of the tags, then the classic ones. */
function groupsOf({ tags, paths, components }: Document): Group[] {
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      operation,
      components,
    })),
  );
  const v1 = tags.map(({ name, 'x-displayName': title, description }) => ({
    tag: title,
    description,
    operations: all.filter(({ operation }) => operation.tags.includes(name)),
  }));
  const classic = CLASSIC_OPERATIONS.map((described) => ({ ...described, components }));
  return [...v1, { tag: CLASSIC_TAG, description: CLASSIC_MEANING, operations: classic }];
}

function contentsOf({ tag, operations }: Group) {
  return html`<section><h2><a href="#${anchor(tag)}">${tag}</a></h2>
<ul>${operations.map(
    ({ operation: { operationId, summary } }) =>
      html`<li data-of="${operationId}"><a href="#${operationId}">${summary}</a></li>`,
  )}</ul></section>`;
}

function groupSection({ tag, description, operations }: Group) {
  return html`<section class="group" aria-labelledby="${anchor(tag)}">
<h2 id="${anchor(tag)}">${tag}</h2>
${raw(prose(description))}
${operations.map(operationSection)}
</section>
`;
}

function anchor(tag: string): string {
  return tag.toLowerCase().replaceAll(/[^a-z]+/g, '-');
}
