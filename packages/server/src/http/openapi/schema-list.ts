/** A JSON Schema in words: its members as a list, each with its type, its bounds and what it is for. */
import { html, raw } from 'hono/html';
import type { Schema } from './document.ts';
import { prose } from './prose.ts';

type Html = ReturnType<typeof html>;

const NAMED = '#/components/schemas/';

/** Gives the members of a schema as a list of descriptions. A schema without members is one line. */
export function members(schema: Schema): Html {
  const { properties, allOf } = schema;
  if (allOf !== undefined) return html`<p class="type">${raw(typeOf(allOf[0]!))}, with</p>${members(allOf.at(-1)!)}`;
  if (properties === undefined) return html`<p class="type">${raw(typeOf(schema))}${rulesOf(schema)}</p>`;
  const needed = schema.required ?? [];
  return html`<dl class="members">${Object.entries(properties).map(
    ([name, member]) =>
      html`<dt><code>${name}</code> <span class="type">${raw(typeOf(member))}${rulesOf(member)}${
        needed.includes(name) ? ', required' : ''
      }</span></dt><dd>${raw(prose(member.description ?? ''))}${nested(member)}</dd>`,
  )}</dl>`;
}

function nested(schema: Schema): Html | '' {
  const inner = schema.items ?? schema.anyOf?.find(({ properties }) => properties !== undefined) ?? schema;
  return inner.properties === undefined ? '' : members(inner);
}

/** Gives the type in words, as HTML: a named one is a link to its shape. */
export function typeOf(schema: Schema): string {
  const { $ref, type, items, enum: values, const: value, anyOf, oneOf, format } = schema;
  if ($ref !== undefined) return linkTo($ref);
  if (values !== undefined) return values.map((one) => code(one)).join(' or ');
  if (value !== undefined) return code(value);
  const some = anyOf ?? oneOf;
  if (some !== undefined) return [...new Set(some.map(typeOf))].join(' or ');
  if (items !== undefined) return `list of ${typeOf(items)}`;
  if (type === undefined) return 'any JSON value';
  const name = typeof type === 'string' ? type : type.join(' or ');
  return String(html`${format === undefined ? name : `${name} (${format})`}`);
}

/** Gives the bounds of a value in words. Absence: empty. */
export function rulesOf(schema: Schema): string {
  const {
    minimum,
    exclusiveMinimum,
    maximum,
    minLength,
    maxLength,
    minItems,
    maxItems,
    pattern,
    default: usual,
  } = {
    ...(schema.anyOf ?? []).find(({ type }) => type !== 'null'),
    ...schema,
  };
  const rules = [
    span('', minimum, maximum),
    exclusiveMinimum === undefined ? '' : `more than ${exclusiveMinimum}`,
    span(' characters', minLength, maxLength),
    span(' entries', minItems, maxItems),
    pattern === undefined ? '' : `matches ${pattern}`,
    usual === undefined ? '' : `default ${JSON.stringify(usual)}`,
  ].filter((rule) => rule !== '');
  return rules.length === 0 ? '' : `, ${rules.join(', ')}`;
}

function span(unit: string, low?: number, high?: number): string {
  if (low !== undefined && high !== undefined) return `${low} to ${high}${unit}`;
  if (low !== undefined) return `at least ${low}${unit}`;
  return high === undefined ? '' : `at most ${high}${unit}`;
}

function linkTo(ref: string): string {
  const name = ref.slice(NAMED.length);
  return String(html`<a href="#shape-${name}">${name}</a>`);
}

function code(value: unknown): string {
  return String(html`<code>${JSON.stringify(value)}</code>`);
}
