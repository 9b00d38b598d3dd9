/**
 * The findings as a bar chart in SVG: how much of what each goal allows is used. One scale for all, so figures of
 * different units stand side by side: the line is the goal, a bar that ends before it has reached it.
 *
 * Plain SVG, no script and no font of its own; the colours follow the reader's light or dark setting, also inside an
 * <img>, and every bar says its figures in words, so colour is never the only sign.
 */
import { amount, goal, number } from './table.ts';
import { type Finding, isReached, shareOfGoal } from './workload.ts';

/** Units: pixels. */
const WIDTH = 760;
const MARGIN = 16;
const GOAL_AT = 480;
const ROW = 54;
const TOP = 58;
const BAR = 14;
/** A bar longer than this is cut: it has missed its goal by far, by how much stands beside it. */
const LONGEST = WIDTH - 2 * MARGIN;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .quiet { fill: #59636e } .title { font-size: 15px; font-weight: 600 }
  .reached { fill: #1a7f37 } .missed { fill: #bc4c00 } .goal { stroke: #59636e; stroke-dasharray: 4 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .quiet { fill: #9198a1 }
    .reached { fill: #3fb950 } .missed { fill: #f0883e } .goal { stroke: #9198a1 }
  }`;

/** Draws the chart. `caption` says when and on what it was measured. */
export function plot(findings: readonly Finding[], caption: string): string {
  const height = TOP + findings.length * ROW + 30;
  const summary = findings.map((finding) => `${finding.target} ${words(finding)}`).join('; ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${markup(summary)}">
<style>${STYLE}
</style>
<text class="title" x="${MARGIN}" y="24">How much of its goal each figure uses: shorter is better</text>
<text class="quiet" x="${GOAL_AT}" y="44" text-anchor="middle">the goal</text>
<line class="goal" x1="${GOAL_AT}" x2="${GOAL_AT}" y1="50" y2="${height - 28}"/>
${findings.map(bar).join('\n')}
<text class="quiet" x="${MARGIN}" y="${height - 10}">${markup(caption)}</text>
</svg>
`;
}

function bar(finding: Finding, index: number): string {
  const y = TOP + index * ROW;
  const length = Math.min(LONGEST, shareOfGoal(finding) * (GOAL_AT - MARGIN));
  const kind = isReached(finding) ? 'reached' : 'missed';
  return `<text x="${MARGIN}" y="${y + 12}">${markup(`${finding.target}  ${finding.what}`)}</text>
<rect class="${kind}" x="${MARGIN}" y="${y + 18}" width="${length.toFixed(1)}" height="${BAR}" rx="2"/>
<text class="quiet" x="${GOAL_AT + 8}" y="${y + 12}">${markup(words(finding))}</text>`;
}

function words(finding: Finding): string {
  const { ours, ratio, unit } = finding;
  const figure = ratio === null ? amount(ours, unit) : `${number(ratio)} × peer`;
  return `${figure}, goal ${goal(finding)}${isReached(finding) ? '' : ': missed'}`;
}

function markup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
