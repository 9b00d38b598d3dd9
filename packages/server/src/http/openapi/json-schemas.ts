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
}

/** Points to the components of the document instead of the schema's own definitions. */
function readable(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/$defs/', `"$ref":"${NAMED}`));
}

/** Leaves out what is true of every JSON value, and a pattern of 300 characters for what `date-time` says. */
function simplify({ jsonSchema: schema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (schema.format === 'date-time') schema.pattern = '\\.\\d{3}Z$';
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  delete schema.propertyNames;
}
