/** The little Markdown that the document's own texts use, as HTML: paragraphs, lists, `code`. Everything else is text. */
import { html } from 'hono/html';

/** Gives the HTML of a text. Absence: empty for an empty text. */
export function prose(text: string): string {
  const blocks = text.split(/\n{2,}/).filter((block) => block.trim() !== '');
  return blocks.map((block) => (block.startsWith('- ') ? list(block) : `<p>${line(block)}</p>`)).join('\n');
}

function list(block: string): string {
  const items = block.split(/^- /m).filter((item) => item.trim() !== '');
  return `<ul>${items.map((item) => `<li>${line(item.trim())}</li>`).join('')}</ul>`;
}

/** Every second part between backticks is code. */
function line(text: string): string {
  const parts = text.split('`');
  return parts.map((part, i) => String(i % 2 === 0 ? html`${part}` : html`<code>${part}</code>`)).join('');
}
