/**
 * The values of an app as the file states them, each with the layer it comes from: for people who ask why. What the server
 * decides by is made in resolve.ts, of the same document and by the same order of layers; a test holds the two together.
 *
 * No secret is shown. Of a webhook there are the name and the host: the rest of its address may be a secret of the receiver.
 */
import type { PolicyChange, PolicyLayer, PolicyValue } from '../core/policy-report.ts';
import { cookieFrom } from './cookie.ts';
import { MEMBERS, type MemberName, type PolicyDocument, type Rules } from './schema.ts';

const NAMES = Object.keys(MEMBERS) as MemberName[];

/** Gives all members of the policy of an app. */
export function valuesIn(document: PolicyDocument, app: string): PolicyValue[] {
  return NAMES.map((name) => {
    const { from, stated } = statedIn(document, app, name);
    return { name, value: shown(name, stated), from };
  });
}

/** Gives the members of an app that have another value in a document than in the one before it. */
export function changedFor(app: string, before: PolicyDocument, after: PolicyDocument): PolicyChange[] {
  return NAMES.flatMap((name) => {
    const [was, is] = [before, after].map((document) => statedIn(document, app, name).stated);
    const change = { name, before: shown(name, was), after: shown(name, is) };
    // Most of a webhook is not shown, and a change of it is one all the same.
    const isSame = name === 'webhooks' ? same(was, is) : same(change.before, change.after);
    return isSame ? [] : [change];
  });
}

function statedIn({ apps = {}, defaults }: PolicyDocument, app: string, name: MemberName) {
  const own: Rules | undefined = Object.hasOwn(apps, app) ? apps[app] : undefined;
  const layers: readonly [PolicyLayer, Rules | undefined][] = [
    ['app', own],
    ['defaults', defaults],
  ];
  for (const [from, rules] of layers) {
    if (rules?.[name] !== undefined) return { from, stated: rules[name] as unknown };
  }
  return { from: 'built-in' as const, stated: MEMBERS[name].default as unknown };
}

/** Gives what may be seen of a value, as it acts: whole milliseconds, and a cookie with all of its members. */
function shown(name: MemberName, stated: unknown): unknown {
  if (name === 'webhooks') {
    return (stated as Rules['webhooks'])?.map(({ name, url }) => ({ name, host: new URL(url).host })) ?? null;
  }
  if (name === 'cookie') return cookieFrom(stated as Rules['cookie']);
  const isDuration = MEMBERS[name].unit === 'seconds' && typeof stated === 'number';
  return isDuration ? Math.round(stated * 1000) / 1000 : stated;
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
