/** One operation on the page: what it is for, what it takes, a form to try it, what it answers. */
import { html, raw } from 'hono/html';
import type { Answered, Components, Described, Media, Parameter, Schema } from './document.ts';
import { prose } from './prose.ts';
import { members, rulesOf, typeOf } from './schema-list.ts';

const PLACES: Readonly<Record<string, string>> = { path: 'in the path', query: 'in the query', header: 'as a header' };

export function operationSection({ method, path, operation, components }: Described) {
  const { operationId: id, summary, description = '', requestBody, responses } = operation;
  const parameters = (operation.parameters ?? []).map((given) => resolved(given, components));
  return html`<article class="operation" id="${id}" aria-labelledby="${id}-summary">
<h3 id="${id}-summary">${summary}</h3>
<p class="call"><span class="method ${method.toLowerCase()}">${method}</span> <code>${path}</code></p>
${raw(prose(description))}
${
  parameters.length === 0
    ? ''
    : html`<h4>Takes</h4>
<dl class="members">${parameters.map(
        ({ name, in: place, required, description: meaning = '', schema }) =>
          html`<dt><code>${name}</code> <span class="type">${PLACES[place]}, ${raw(typeOf(schema))}${rulesOf(schema)}${
            required === true ? ', required' : ''
          }</span></dt><dd>${raw(prose(meaning))}</dd>`,
      )}</dl>`
}
${Object.entries(requestBody?.content ?? {}).map(
  ([type, { schema }]) => html`<h4>Body: <code>${type}</code></h4>${schema && shapeOf(schema, components)}`,
)}
${tryForm(id, method, path, parameters, requestBody?.content)}
<details><summary>Answers<span class="hidden"> of ${summary}</span></summary>
${Object.entries(responses).map(([status, answered]) => answerOf(status, answered))}
</details>
</article>
`;
}

/** What is named has its members in place when nothing else is there to say of it. */
function shapeOf(schema: Schema, { schemas }: Components) {
  const name = schema.$ref?.split('/').at(-1);
  const named = name === undefined ? undefined : schemas[name];
  return members(named ?? schema);
}

function resolved(given: Parameter | { readonly $ref: string }, { parameters = {} }: Components): Parameter {
  return '$ref' in given ? parameters[given.$ref.split('/').at(-1)!]! : given;
}

function tryForm(
  id: string,
  method: string,
  path: string,
  parameters: readonly Parameter[],
  content: Readonly<Record<string, Media>> = {},
) {
  const [body] = Object.entries(content);
  return html`<details class="try" hidden><summary>Try it<span class="hidden">: ${id}</span></summary>
<form data-method="${method}" data-path="${path}">
${parameters.map((parameter) => field(id, parameter))}
${
  body === undefined
    ? ''
    : html`<input type="hidden" name="media-type" value="${body[0]}">
<p><label for="${id}-body">Body</label>
<textarea id="${id}-body" name="body" rows="5" spellcheck="false">${bodyText(body[1], body[0])}</textarea></p>`
}
<p><button type="submit">Send<span class="hidden"> ${id}</span></button></p>
<div class="result" role="status"></div>
</form></details>`;
}

/** Form bodies have an example as text already. */
function bodyText({ example }: Media, type: string): string {
  if (!type.endsWith('json')) return new URLSearchParams(example as Record<string, string>).toString();
  return example === undefined ? '' : JSON.stringify(example, null, 2);
}

function field(id: string, { name, in: place, required, schema, example = '' }: Parameter) {
  const at = `${id}-${place}-${name}`;
  const choices = schema.enum ?? (schema.type === 'boolean' ? [true, false] : undefined);
  const label = html`<label for="${at}"><code>${name}</code>${required === true ? ' (required)' : ''}</label>`;
  if (choices !== undefined) {
    return html`<p>${label}<select id="${at}" name="${name}" data-in="${place}"><option></option>${choices.map(
      (choice) => html`<option>${String(choice)}</option>`,
    )}</select></p>`;
  }
  return html`<p>${label}<input id="${at}" name="${name}" data-in="${place}" value="${String(
    example,
  )}" autocomplete="off" spellcheck="false"></p>`;
}

function answerOf(status: string, { description, content = {} }: Answered) {
  return html`<h4>${status}</h4>
${raw(prose(description))}
${Object.values(content).map(
  ({ schema, example }) =>
    html`${schema && html`<p class="type">${raw(typeOf(schema))}</p>`}${
      example === undefined ? '' : html`<pre><code>${JSON.stringify(example, null, 2)}</code></pre>`
    }`,
)}`;
}
