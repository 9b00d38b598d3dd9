/**
 * What all plots of the bench share: the card they are drawn on, their colours, and how text gets into them.
 *
 * Plain SVG, no script and no font of its own. The colours follow the reader's light or dark setting, also inside an <img>;
 * the card has a background of its own, so that a page with another setting leaves the words legible. Every mark has its
 * name or its figure beside it: colour is never the only sign.
 */

/** Who a mark stands for: the server on Redis, on the embedded store, somebody else, and a floor that nobody can go below. */
export type Who = 'ours' | 'embedded' | 'peer' | 'floor';

export interface Card {
  readonly title: string;
  /** What is shown and which way is better. */
  readonly subtitle: string;
  /** When and on what it was measured. */
  readonly caption: string;
  /** The figures in words, for who cannot see the plot. */
  readonly description: string;
  /** Units: pixels, without title and caption. */
  readonly height: number;
}

/** Units: pixels. */
export const WIDTH = 820;
export const MARGIN = 20;
const TOP = 66;
const BOTTOM = 34;

const STYLE = `
  .card { fill: #ffffff; stroke: #d1d9e0 }
  text { font: 13px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1f2328;
    paint-order: stroke; stroke: #ffffff; stroke-width: 3px; stroke-linejoin: round }
  .title { font-size: 16px; font-weight: 600 } .strong { font-weight: 600 }
  .quiet { fill: #59636e } .small { font-size: 11px; fill: #59636e }
  .axis { stroke: #818b98 } .grid { stroke: #d1d9e0 } .goal { stroke: #1f2328; stroke-dasharray: 5 3 }
  .ours { fill: #0969da } .embedded { fill: #1a7f37 } .peer { fill: #818b98 } .floor { fill: #c0c7cf }
  .line { fill: none; stroke-width: 2 } .line.ours, .line.embedded { stroke-width: 3 }
  .line.whisker { stroke-width: 1.5; opacity: .6 }
  .line.ours { stroke: #0969da } .line.embedded { stroke: #1a7f37 }
  .line.peer { stroke: #818b98 } .line.floor { stroke: #a0a8b1 }
  polyline.peer { stroke-dasharray: 6 3 } polyline.floor { stroke-dasharray: 2 3 }
  .store { opacity: .45 } .reached { fill: #1a7f37 } .missed { fill: #bc4c00 }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #3d444d }
    text { fill: #f0f6fc; stroke: #0d1117 } .quiet, .small { fill: #9198a1 }
    .axis { stroke: #9198a1 } .grid { stroke: #2a313c } .goal { stroke: #f0f6fc }
    .ours { fill: #4493f8 } .embedded { fill: #3fb950 } .peer { fill: #8b949e } .floor { fill: #59636e }
    .line { fill: none } .line.ours { stroke: #4493f8 } .line.embedded { stroke: #3fb950 }
    .line.peer { stroke: #8b949e } .line.floor { stroke: #6e7681 }
    .reached { fill: #3fb950 } .missed { fill: #f0883e }
  }`;

/** Draws a card with a body; the body's own y counts from 0 below the title. */
export function card({ title, subtitle, caption, description, height }: Card, body: string): string {
  const all = TOP + height + BOTTOM;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${all}" width="${WIDTH}" height="${all}" role="img" aria-label="${markup(`${title}. ${description}`)}">
<style>${STYLE}
</style>
<rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${all - 1}" rx="8"/>
${text(MARGIN, 30, title, 'title')}
${text(MARGIN, 50, subtitle, 'quiet')}
<g transform="translate(0 ${TOP})">
${body}
</g>
${text(MARGIN, all - 14, caption, 'small')}
</svg>
`;
}

type Anchor = 'start' | 'middle' | 'end';

export function text(x: number, y: number, words: string, style = '', anchor: Anchor = 'start'): string {
  const attributes = `${style && ` class="${style}"`}${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}`;
  return `<text x="${round(x)}" y="${round(y)}"${attributes}>${markup(words)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, style: string): string {
  return `<line class="${style}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
}

export function rect(x: number, y: number, width: number, height: number, style: string): string {
  return `<rect class="${style}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"/>`;
}

/** A tenth of a pixel is more than anyone sees. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Gives round values from 0 to at least `largest`, about `count` of them. */
export function ticks(largest: number, count: number): number[] {
  const rough = largest / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
  const steps = Math.ceil(largest / step - 1e-9);
  return Array.from({ length: steps + 1 }, (_, i) => i * step);
}

function markup(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
