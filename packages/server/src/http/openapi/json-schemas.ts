/**
 * The zod schemas of the v1 API as JSON Schema (draft 2020-12), the way OpenAPI wants them: what has a name once, under
 * `components`, and all else where it is used.
 */
import { z } from 'zod';

export type Json = { [member: string]: unknown };

const NAMED = '#/components/schemas/';

export class JsonSchemas {
  /** Those with a name that were asked for, and what they need. */
  readonly named: Record<string, Json> = {};
  private readonly known = new Map<z.ZodType, Json>();

  /** Gives the schema of what is sent. Named schemas are references. */
  of(schema: z.ZodType): Json {
    const known = this.known.get(schema);
    if (known !== undefined) return known;
    const {
      $schema,
      $defs = {},
      ...own
    } = readable(z.toJSONSchema(schema, { io: 'input', override: simplify })) as {
      $schema?: string;
      $defs?: Record<string, Json>;
    };
    for (const [name, definition] of Object.entries($defs)) this.named[name] ??= definition;
    this.known.set(schema, own);
    return own;
  }

  /** Keeps a schema under a name, and gives the reference to it. */
  add(name: string, schema: Json): Json {
    this.named[name] ??= schema;
    return { $ref: NAMED + name };
  }
}

/** Points to the components of the document instead of the schema's own definitions. */
function readable(schema: object): object {
  const text = JSON.stringify(schema).replaceAll('"$ref":"#/$defs/', `"$ref":"${NAMED}`);
  return JSON.parse(text, (_, value) => (value?.anyOf?.length === 2 ? nullable(value) : value));
}

interface Choice {
  readonly description?: string;
  readonly anyOf: readonly [Json, Json];
}

/** What may be null and is no reference is one schema with two types, and not a choice of two. */
function nullable(schema: Choice): object {
  const { anyOf, ...said } = schema;
  const [value, nothing] = anyOf;
  if (nothing.type !== 'null' || typeof value.type !== 'string') return schema;
  return { ...value, ...said, type: [value.type, 'null'] };
}

/**
 * Leaves out what is true of every JSON value, and a pattern of 300 characters for what `date-time` says. Puts in the defaults
 * of texts that stand for numbers, which zod leaves out.
 */
function simplify({ zodSchema, jsonSchema: schema }: Overridden): void {
  const { def } = zodSchema._zod;
  if (def.type === 'default') schema.default = def.defaultValue;
  if (schema.format === 'date-time') schema.pattern = '\\.\\d{3}Z$';
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  delete schema.propertyNames;
}

interface Overridden {
  readonly zodSchema: z.core.$ZodTypes;
  readonly jsonSchema: z.core.JSONSchema.BaseSchema;
}
