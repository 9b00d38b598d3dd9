// Writes the documents that come from tables in the code. With --check: fails when one is out of step.
import { readFileSync, writeFileSync } from 'node:fs';
import { configurationTable } from '../packages/server/src/config.ts';
import { ERROR_CODES, type ErrorCode } from '../packages/server/src/core/errors.ts';
import { STATUS } from '../packages/server/src/http/problem.ts';

const generated: Record<string, string> = {
  'docs/configuration.md': `# Configuration

The server is configured by environment variables. An empty value counts as not set. A value that is not allowed stops
the start with one line that names the variable, the value and what is allowed; exit code 2.

${configurationTable()}
`,
  'docs/errors.md': `# Errors

Every error answer is JSON. In the classic API it is \`{"name","message"}\`; \`name\` is the code below in camelCase
(\`invalid_format\` is \`invalidFormat\`). A 503 carries \`Retry-After\`, a 405 \`Allow\`.

| code | status | meaning |
|---|---|---|
${Object.entries(ERROR_CODES)
  .map(([code, meaning]) => `| \`${code}\` | ${STATUS[code as ErrorCode]} | ${meaning} |`)
  .join('\n')}
`,
};

const check = process.argv.includes('--check');
for (const [path, text] of Object.entries(generated)) {
  const file = new URL(`../${path}`, import.meta.url);
  if (!check) {
    writeFileSync(file, text);
    continue;
  }
  if (readFileSync(file, 'utf8') === text) continue;
  console.error(`${path} is out of step with the code; run: npm run docs`);
  process.exitCode = 1;
}
