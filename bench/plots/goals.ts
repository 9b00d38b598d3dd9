/**
 * The findings as a bar chart: how much of what each goal allows is used. One scale for all, so figures of different units
 * stand side by side: the line is the goal, a bar that ends before it has reached it.
 */
import { amount, goal, number } from '../table.ts';
import { type Finding, isReached, shareOfGoal } from '../workload.ts';
import { card, line, MARGIN, rect, text, WIDTH } from './svg.ts';

/** Units: pixels. */
const ROW = 36;
const BAR = 8;
const GOAL_AT = 520;
/** A bar longer than this is cut: it has missed its goal by far, by how much stands beside it. */
const LONGEST = WIDTH - 2 * MARGIN;

export function goals(findings: readonly Finding[], caption: string): string {
  const reached = findings.filter(isReached).length;
  const bottom = findings.length * ROW + 20;
  const description = findings.map((finding) => `${finding.target} ${finding.what}: ${words(finding)}`).join('; ');
  const chart = {
    title: `${reached} of ${findings.length} goals reached`,
    subtitle: 'How much of what its goal allows each figure uses: shorter is better',
    caption,
    description,
    height: bottom,
  };
  const body = [
    ...findings.map(bar),
    text(GOAL_AT, 8, 'the goal', 'small', 'middle'),
    line(GOAL_AT, 14, GOAL_AT, bottom, 'goal'),
  ];
  return card(chart, body.join('\n'));
}

function bar(finding: Finding, index: number): string {
  const y = 20 + index * ROW;
  const length = Math.min(LONGEST, shareOfGoal(finding) * (GOAL_AT - MARGIN));
  return [
    text(MARGIN, y + 12, `${finding.target}  ${finding.what}`),
    rect(MARGIN, y + 18, length, BAR, isReached(finding) ? 'reached' : 'missed'),
    text(WIDTH - MARGIN, y + 12, words(finding), 'quiet', 'end'),
  ].join('\n');
}

function words(finding: Finding): string {
  const { ours, ratio, unit, peer } = finding;
  const figure = ratio === null ? amount(ours, unit) : `${number(ratio)} × ${peer!.name}`;
  return `${figure}, goal ${goal(finding)}${isReached(finding) ? '' : ': missed'}`;
}
