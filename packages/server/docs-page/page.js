// What the reference does beside being read: find a route, try one. It calls this server only and keeps nothing: the API
// key and the token live in the fields of the page. Everything that came from the server is shown as text, never as HTML.

const byId = (id) => document.getElementById(id);
const fieldsOf = (form, place) =>
  [...form.querySelectorAll(`[data-in="${place}"]`)].filter(({ value }) => value !== '');

/** The token that the page filled in last: a field with it may be filled anew, one that somebody wrote may not. */
let filled = '';

for (const element of document.querySelectorAll('.try, #settings, #search')) element.hidden = false;

byId('search').addEventListener('submit', (event) => event.preventDefault());
byId('filter').addEventListener('input', ({ target }) => find(target.value.trim().toLowerCase()));
document.addEventListener('submit', ({ target }) => {
  if (target.dataset.path !== undefined) tryOut(target);
});
document.addEventListener('submit', (event) => event.preventDefault());
document.addEventListener('change', ({ target }) => {
  if (target.name === 'app' && target.dataset.in === 'path') fillAll('app', target.value);
});

/** Shows the operations that have every word that was asked for, in the list and on the page. */
function find(text) {
  const words = text.split(/\s+/);
  let count = 0;
  for (const operation of document.querySelectorAll('.operation')) {
    const content = operation.textContent.toLowerCase();
    const shown = words.every((word) => content.includes(word));
    operation.hidden = !shown;
    document.querySelector(`[data-of="${operation.id}"]`).hidden = !shown;
    if (shown) count += 1;
  }
  for (const group of document.querySelectorAll('.group, .contents section')) {
    group.hidden = group.querySelector('.operation:not([hidden]), li:not([hidden])') === null;
  }
  byId('found').textContent = text === '' ? '' : `${count} ${count === 1 ? 'route' : 'routes'}`;
}

/** Sends what a form says, and shows the call as a line for a shell and what came. */
async function tryOut(form) {
  const { method, path } = form.dataset;
  const parts = Object.fromEntries(fieldsOf(form, 'path').map(({ name, value }) => [name, encodeURIComponent(value)]));
  const query = new URLSearchParams(fieldsOf(form, 'query').map(({ name, value }) => [name, value])).toString();
  const target = path.replaceAll(/\{(\w+)\}/g, (_all, name) => parts[name] ?? '') + (query && `?${query}`);
  const headers = Object.fromEntries(fieldsOf(form, 'header').map(({ name, value }) => [name, value]));
  const body = form.elements.body?.value || undefined;
  if (body !== undefined) headers['Content-Type'] = form.elements['media-type'].value;
  if (byId('api-key').value !== '') headers.Authorization = `Bearer ${byId('api-key').value}`;
  const result = form.querySelector('.result');
  try {
    const answer = await fetch(target, { method, headers, body });
    const text = await answer.text();
    const seen = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
    show(result, [curl(method, target, headers, body), `${answer.status} ${answer.statusText}`, seen, pretty(text)]);
    keepToken(text);
  } catch (error) {
    show(result, [curl(method, target, headers, body), `No answer: ${error.message}`]);
  }
}

function show(result, [call, status, ...blocks]) {
  const heading = document.createElement('p');
  heading.className = 'status';
  heading.textContent = status;
  result.replaceChildren(block(call), heading, ...blocks.filter(Boolean).map(block));
}

function block(text) {
  const element = document.createElement('pre');
  element.textContent = text;
  return element;
}

/** The call as a line for a shell. The key is not in it: the line may be passed on. */
function curl(method, target, headers, body) {
  const shown = Object.entries(headers).map(([name, value]) => [name, name === 'Authorization' ? 'Bearer KEY' : value]);
  const parts = [
    `curl -X ${method} ${quoted(location.origin + target)}`,
    ...shown.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`-d ${quoted(body)}`]),
  ];
  return parts.join(' \\\n  ');
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Numbers beyond 2^53 and `1.0` are shown as they came: only what comes out the same is set in lines. */
function pretty(text) {
  try {
    const value = JSON.parse(text);
    return JSON.stringify(value) === text ? JSON.stringify(value, null, 2) : text;
  } catch {
    return text;
  }
}

/** Fills the token of an answer into the fields that ask for one. */
function keepToken(text) {
  let token;
  try {
    ({ token } = JSON.parse(text));
  } catch {
    return;
  }
  if (typeof token !== 'string') return;
  for (const name of ['Session-Token', 'token']) fillAll(name, token, filled);
  filled = token;
}

/** Fills a value into the fields of a name; with `instead` only into those that are empty or have that. */
function fillAll(name, value, instead) {
  for (const field of document.querySelectorAll(`[data-in][name="${name}"]`)) {
    if (instead === undefined || field.value === '' || field.value === instead) field.value = value;
  }
}
