/** The policy file described for those outside: the JSON Schema for editors, the tables for docs/configuration.md. */
import { z } from 'zod';
import { COOKIE_MEMBERS } from './cookie.ts';
import { MEMBERS, policyFile } from './schema.ts';
import { WEBHOOK_MEMBERS } from './webhook.ts';

/** Writes the JSON Schema (draft 2020-12): schema/config.json. */
export function policyJsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(policyFile, { io: 'input' }), null, 2)}\n`;
}

/** Writes the members of the rules as a Markdown table. */
export function policyTable(): string {
  const rows = Object.entries(MEMBERS).map(([name, { unit, allowed, default: fallback, meaning }]) => {
    const shown = fallback === null ? 'null (none)' : `\`${JSON.stringify(fallback)}\``;
    return `| \`${name}\` | ${allowed} | ${unit} | ${shown} | ${meaning} |`;
  });
  return ['| member | allowed | unit | default | meaning |', '|---|---|---|---|---|', ...rows].join('\n');
}

/** Writes the members of a cookie as a Markdown table. */
export function cookieTable(): string {
  return tableOf('cookie', COOKIE_MEMBERS);
}

/** Writes the members of a webhook as a Markdown table. */
export function webhookTable(): string {
  return tableOf('webhooks', WEBHOOK_MEMBERS);
}

function tableOf(of: string, members: Readonly<Record<string, { allowed: string; usual: string; meaning: string }>>) {
  const rows = Object.entries(members).map(
    ([name, { allowed, usual, meaning }]) =>
      `| \`${name}\` | ${allowed.replaceAll('|', '\\|')} | ${usual} | ${meaning} |`,
  );
  return [`| member of \`${of}\` | allowed | default | meaning |`, '|---|---|---|---|', ...rows].join('\n');
}

/** Writes the members of the file itself as a Markdown table. */
export function policyFileTable(): string {
  const rows = Object.entries(policyFile.shape).map(([name, type]) => `| \`${name}\` | ${type.description} |`);
  return ['| member of the file | meaning |', '|---|---|', ...rows].join('\n');
}
