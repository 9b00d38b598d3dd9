/** What the OpenAPI document of a server promises, held against the answers that the server gives. */
import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { HEADER_ANSWERS } from '../../src/http/openapi/openapi-words.ts';
import type { Answer } from './client.ts';

// biome-ignore lint/suspicious/noExplicitAny: a JSON document of any shape
type Json = any;

export class Description {
  readonly document: Json;
  private readonly ajv: Ajv2020;
  private readonly compiled = new Map<string, ValidateFunction>();

  constructor(text: string) {
    this.document = JSON.parse(text);
    // Not strict: the document is no schema itself, it has some in it.
    this.ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats.default(this.ajv);
    this.ajv.addSchema({ ...closed(this.document), $id: 'openapi' });
  }

  /** Throws when an answer is not one that the document promises for this request. */
  check(method: string, path: string, answer: Answer): void {
    const { status, text } = answer;
    const what = `${method} ${path.split('?')[0]} → ${status} ${text.slice(0, 300)}`;
    const template = this.templateOf(ownPath(path));
    const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
    if (template !== undefined && this.document.paths[template][verb] !== undefined) {
      this.checkResponse(method, ['paths', template, verb, 'responses', String(status)], answer, what);
    } else if (template === undefined) {
      this.checkStray(answer, 404, 'route_not_found', what);
    } else if (method === 'OPTIONS') {
      assert.equal(status, 204, what);
    } else {
      assert.match(String(answer.headers.allow), /^[A-Z, ]+$/, what);
      this.checkStray(answer, 405, 'method_not_allowed', what);
    }
  }

  /** Throws when a value is not what the schema at a place of the document asks for. */
  checkValue(at: readonly string[], value: unknown, what: string): void {
    const schema = at.reduce((inner: Json, name) => inner[name], this.document);
    const place = at.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const reference: string = schema.$ref ?? `#/${place}`;
    const validate = this.compiled.get(reference) ?? this.ajv.compile({ $ref: `openapi${reference}` });
    this.compiled.set(reference, validate);
    assert.ok(validate(value), `${this.ajv.errorsText(validate.errors)}: ${what}`);
  }

  private checkResponse(method: string, at: readonly string[], answer: Answer, what: string): void {
    const { status, headers, text, json } = answer;
    const response = at.reduce((inner: Json, name) => inner[name], this.document);
    assert.ok(response, `the document has no such status: ${what}`);
    this.checkHeaders([...at, 'headers'], headers, what);
    if (response.content === undefined) {
      assert.deepEqual([text, headers['content-type']], ['', undefined], what);
      return;
    }
    const [mediaType] = Object.keys(response.content) as [string];
    assert.equal(String(headers['content-type']).split(';')[0], mediaType, what);
    if (method === 'HEAD') return;
    this.checkValue([...at, 'content', mediaType, 'schema'], json, what);
    if (status < 400) return;
    const codes = Object.keys(response.content[mediaType].examples);
    assert.ok(codes.includes(json.code), `the document has no such code: ${what}`);
    checkProblem(answer, what);
  }

  private templateOf(path: string): string | undefined {
    const parts = path.replace(/[?#].*$/, '').split('/');
    const all = Object.keys(this.document.paths).map((template) => ({ template, own: template.split('/') }));
    const fitting = all.filter(
      ({ own }) =>
        own.length === parts.length &&
        own.every((part, i) => (part.startsWith('{') ? parts[i] !== '' : part === parts[i])),
    );
    return fitting[0]?.template;
  }

  private checkHeaders(at: readonly string[], headers: Answer['headers'], what: string): void {
    const promised = at.reduce((inner: Json, name) => inner[name], this.document);
    for (const name of Object.keys(promised)) {
      const value = headers[name.toLowerCase()];
      const place = promised[name].$ref === undefined ? [...at, name] : ['components', 'headers', name];
      const { required } = place.reduce((inner: Json, part) => inner[part], this.document);
      if (value !== undefined) this.checkValue([...place, 'schema'], value, `${name}: ${what}`);
      else assert.ok(!required, `${name} is missing: ${what}`);
    }
    for (const name of Object.keys(HEADER_ANSWERS)) {
      const isThere = headers[name.toLowerCase()] !== undefined;
      assert.ok(!isThere || Object.hasOwn(promised, name), `the document has no header ${name} here: ${what}`);
    }
  }

  /** What has no operation has no place in the document, but the same form of error. */
  private checkStray(answer: Answer, status: number, code: string, what: string): void {
    const { headers, text, json } = answer;
    assert.deepEqual([answer.status, headers['content-type']], [status, 'application/problem+json'], what);
    if (text === '') return;
    this.checkValue(['components', 'schemas', 'Problem'], json, what);
    assert.equal(json.code, code, what);
    checkProblem(answer, what);
  }
}

/**
 * Gives the document of a server that answers with nothing but what it describes. For clients its answers are open, because a
 * member may come with a later version; one that is there today and not described is a fault.
 */
function closed(document: Json): Json {
  const schemas = Object.entries<Json>(document.components.schemas).map(([name, schema]) => [
    name,
    schema.properties === undefined ? schema : { additionalProperties: false, ...schema },
  ]);
  return { ...document, components: { ...document.components, schemas: Object.fromEntries(schemas) } };
}

/** Gives the path of the operation that has the answer of an older form of the request: `view` and `fields`. */
function ownPath(path: string): string {
  const [route = '', query = ''] = path.split('?');
  const asked = new URLSearchParams(query);
  const view = asked.get('view');
  if (/^\/v1\/apps\/[^/]+\/sessions$/.test(route) && (view === 'ids' || view === 'count')) return `${route}:${view}`;
  return /\/session$/.test(route) && asked.has('fields') ? `${route}/fields` : route;
}

function checkProblem({ status, json }: Answer, what: string): void {
  assert.equal(json.status, status, what);
  assert.ok(json.type.endsWith(`/${json.code}`), what);
}
