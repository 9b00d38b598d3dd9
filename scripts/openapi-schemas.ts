// Writes the schemas of the server's OpenAPI document to a file, without starting a server. Not the paths: their types would be
// most of the client's package, and nothing in it uses them.
import { writeFileSync } from 'node:fs';
import { DEFAULT_POLICY } from '../packages/server/src/core/policy.ts';
import { Sessions } from '../packages/server/src/core/sessions.ts';
import { createApp } from '../packages/server/src/http/app.ts';
import { MemoryStore } from '../packages/server/src/stores/memory/memory-store.ts';

const app = createApp({
  sessions: new Sessions(new MemoryStore(), () => DEFAULT_POLICY),
  clock: () => 0,
  isStopping: () => false,
  onFault: () => {},
});
const { openapi, info, components } = (await (await app.request('/openapi.json', {}, {})).json()) as {
  openapi: string;
  info: unknown;
  components: { schemas: Record<string, object> };
};
// Nor the one schema that each error code has: `Problem` and `ErrorCode` say the same in two.
const schemas = Object.fromEntries(Object.entries(components.schemas).filter(([, schema]) => !('allOf' in schema)));
writeFileSync(process.argv[2]!, JSON.stringify({ openapi, info, paths: {}, components: { schemas } }));
