// Part of the build: the files of /docs, and the guides as pages. Run in packages/server.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { Marked } from 'marked';

const to = 'dist/docs-page';
const documents = '../..';
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

/** The guides, by the name in their address, in the order of the menu. */
const GUIDES = {
  api: ['docs/api.md', 'The v1 API, task by task'],
  errors: ['docs/errors.md', 'Errors'],
  events: ['docs/events.md', 'Events'],
  privacy: ['docs/privacy.md', 'Privacy'],
  upgrading: ['UPGRADING.md', 'Moving here'],
  moving: ['docs/moving.md', 'Moving sessions'],
  webhooks: ['docs/webhooks.md', 'Webhooks'],
  configuration: ['docs/configuration.md', 'Configuration'],
  keys: ['docs/keys.md', 'API keys'],
  console: ['docs/console.md', 'The console'],
  cli: ['docs/cli.md', 'The command line'],
  operations: ['docs/operations.md', 'Operations'],
  running: ['docs/operations/running.md', 'Running it'],
  workers: ['docs/operations/workers.md', 'Workers'],
  logs: ['docs/operations/logs.md', 'Logs and traces'],
  'embedded-store': ['docs/operations/embedded-store.md', 'The embedded store'],
  redis: ['docs/operations/redis.md', 'On Redis or Valkey'],
  'live-adoption': ['docs/operations/live-adoption.md', 'Live adoption'],
  journals: ['docs/operations/journals.md', 'Journals of events'],
  monitoring: ['docs/operations/monitoring.md', 'Metrics, alerts, doctor'],
  limits: ['docs/operations/limits.md', 'Limits'],
  metrics: ['docs/metrics.md', 'Metrics'],
  guarantees: ['docs/guarantees.md', 'Guarantees'],
};

rmSync(to, { recursive: true, force: true });
mkdirSync(join(to, 'guides'), { recursive: true });
for (const name of ['page.css', 'page.js']) put(name, readFileSync(join('docs-page', name), 'utf8'));
for (const [name, [file, title]] of Object.entries(GUIDES)) {
  put(`guides/${name}.html`, page(title, render(readFileSync(join(documents, file), 'utf8'), file)));
}
const list = Object.entries(GUIDES).map(([name, [, title]]) => ({ name, title }));
put('guides.json', JSON.stringify(list));

function put(name, text) {
  writeFileSync(join(to, name), text);
}

/** `file`: where it is in the repository; its links lead from there. */
function render(markdown, file) {
  const used = new Map();
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        const plain = text
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
          .replaceAll(' ', '-');
        const times = used.get(plain) ?? 0;
        used.set(plain, times + 1);
        const id = times === 0 ? plain : `${plain}-${times}`;
        return `<h${depth} id="${id}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens);
        const target = targetOf(href, file);
        return target === null ? text : `<a href="${target}">${text}</a>`;
      },
      table({ header, rows }) {
        const cell = (name, { tokens }) => `<${name}>${this.parser.parseInline(tokens)}</${name.split(' ')[0]}>`;
        // A corner without words heads no column: each row is then headed by its own first cell.
        const inFirst = header[0].text === '' ? 'th scope="row"' : 'td';
        const head = header.map((one) => cell(one.text === '' ? 'td' : 'th scope="col"', one)).join('');
        const body = rows.map((row) => `<tr>${row.map((one, i) => cell(i === 0 ? inFirst : 'td', one)).join('')}</tr>`);
        const isHeaded = header.some(({ text }) => text !== '');
        return `<table>\n${isHeaded ? `<thead><tr>${head}</tr></thead>\n` : ''}<tbody>\n${body.join('\n')}\n</tbody></table>\n`;
      },
      // Plots are in the repository only.
      image: ({ text }) => text,
    },
  });
  return marked.parse(markdown);
}

/** Gives where a link of a document leads in the server. Absence: null for what is in the repository only. */
function targetOf(href, from) {
  if (href.startsWith('#')) return href;
  if (/^https?:/.test(href)) return href.replace(/^http:\/\/127\.0\.0\.1:3000\//, '/');
  const [path, fragment] = href.split('#');
  const file = posix.join(posix.dirname(from), path);
  const name = Object.keys(GUIDES).find((guide) => GUIDES[guide][0] === file);
  return name === undefined ? null : `/docs/guides/${name}${fragment === undefined ? '' : `#${fragment}`}`;
}

function page(title, body) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}: REST-Sessions ${version}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/page.css?v=${version}">
</head>
<body>
<a class="skip" href="#main">Skip to the text</a>
<header class="top"><p class="version">REST-Sessions ${version}</p>
<nav aria-label="Guides"><ul><li><a href="/docs">Reference</a></li>
${Object.entries(GUIDES)
  .map(([name, [, text]]) => `<li><a href="/docs/guides/${name}">${text}</a></li>`)
  .join('\n')}
</ul></nav></header>
<main id="main" tabindex="-1">
${body}
</main>
</body>
</html>
`;
}
