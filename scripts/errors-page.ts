// docs/errors.md, from the table of codes, their statuses and what the operations say they can give.
import { ERROR_CODES, type ErrorCode, ServiceError } from '../packages/server/src/core/errors.ts';
import { DEFAULT_POLICY } from '../packages/server/src/core/policy.ts';
import { Sessions } from '../packages/server/src/core/sessions.ts';
import { routeTable } from '../packages/server/src/http/app.ts';
import {
  classicName,
  EXAMPLE_ID,
  problem,
  problemTitle,
  problemType,
  STATUS,
} from '../packages/server/src/http/message/problem.ts';
import { errorsOf } from '../packages/server/src/http/openapi/openapi.ts';
import { ERROR_HEADERS } from '../packages/server/src/http/openapi/openapi-words.ts';
import type { OperationRoute } from '../packages/server/src/http/operation/operation.ts';
import { MemoryStore } from '../packages/server/src/stores/memory/memory-store.ts';

const codes = Object.keys(ERROR_CODES) as ErrorCode[];
const routes = routeTable({
  sessions: new Sessions(new MemoryStore(), () => DEFAULT_POLICY),
  clock: () => 0,
  isStopping: () => false,
  onFault: () => {},
});
const operations = routes.flatMap((route) => ('operation' in route ? [(route as OperationRoute).operation] : []));

/** Writes the page. */
export async function errorsPage(): Promise<string> {
  const shown = new ServiceError('invalid_request', 'idleTimeout must be a number, not a string', {
    faults: [{ in: 'body', at: '/idleTimeout', rule: 'type', message: 'idleTimeout must be a number, not a string' }],
  });
  const body = JSON.stringify(await problem(shown, 'problem', EXAMPLE_ID).json(), null, 2);
  return `# Errors

Every error is one of the codes below. Compare the code: messages are for people and may change.

**v1** answers with problem details (RFC 9457), \`application/problem+json\`. \`type\` is a constant to compare as well; its name is
reserved and leads nowhere. \`detail\` says what was wrong this time. \`errors\` names each value that is, where it is values: a JSON
\`pointer\` into the body, or a \`parameter\` and what it is \`in\`; the \`rule\`; and a \`message\`.

\`\`\`json
${body}
\`\`\`

**The classic API** answers \`{"name","message"}\`, \`name\` being the code in camelCase. So does the server when something on the
connection is no request that has a route.

\`\`\`json
${await problem(new ServiceError('missing_parameter', 'No ip supplied'), 'classic', EXAMPLE_ID).text()}
\`\`\`

Every error has an id, in the header \`X-Request-Id\` and in v1 as \`requestId\`: look for it in the log of the server
([operations](operations/logs.md#request-ids)). It is the trace id of the request's \`traceparent\`, else its \`X-Request-Id\`, else drawn.

A client can always tell "logged out" (404 \`session_not_found\`) from "misconfigured" (401, 403) from "try again" (429, 503). Only the
first is a reason to clear a cookie. A 405 carries \`Allow\`, a 429 and a 503 \`Retry-After\`.

| code | status |
|---|---|
${codes.map((code) => `| [\`${code}\`](#${code}) | ${STATUS[code]} |`).join('\n')}

${codes.map(section).join('\n\n')}
`;
}

function section(code: ErrorCode): string {
  const headers = (ERROR_HEADERS[code] ?? []).map((name) => `\`${name}\``);
  return `## \`${code}\`

${ERROR_CODES[code]}

- status ${STATUS[code]}${headers.length > 0 ? `, with ${headers.join(', ')}` : ''}
- v1: title "${problemTitle(code)}", type \`${problemType(code)}\`; from ${givenBy(code)}
- classic: \`${classicName(code)}\``;
}

function givenBy(code: ErrorCode): string {
  const ids = operations.filter((operation) => errorsOf(operation).includes(code)).map(({ id }) => id);
  if (ids.length === 0) return 'no operation: the request does not get as far as one';
  if (ids.length === operations.length) return 'every operation';
  if (ids.length > operations.length / 2) {
    const others = operations.filter(({ id }) => !ids.includes(id)).map(({ id }) => `\`${id}\``);
    return `every operation but ${others.join(', ')}`;
  }
  return ids.map((id) => `\`${id}\``).join(', ');
}
