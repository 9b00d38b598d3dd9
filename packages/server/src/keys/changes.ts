/** What a reload changed of the keys, for the audit log: a line for each key that is new, gone or another. Never a hash. */
import type { KeyEntry } from './entry.ts';

/** Gives lines like `billing: scopes verify → verify,write`. */
export function changesBetween(before: readonly KeyEntry[], after: readonly KeyEntry[]): string[] {
  const [old, now] = [byName(before), byName(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name) => {
    const [was, is] = [old.get(name), now.get(name)];
    if (was === undefined) return [`${name}: new, ${wordsOf(is!)}`];
    if (is === undefined) return [`${name}: gone`];
    return membersOf(is)
      .map(([member, value], i) => [member, membersOf(was)[i]![1], value] as const)
      .filter(([, one, other]) => one !== other)
      .map(([member, one, other]) =>
        member === 'hash' ? `${name}: another key` : `${name}: ${member} ${one} → ${other}`,
      );
  });
}

function byName(entries: readonly KeyEntry[]): Map<string, KeyEntry> {
  return new Map(entries.map((entry) => [entry.name, entry]));
}

function wordsOf(entry: KeyEntry): string {
  const shown = membersOf(entry).filter(([member, value]) => member !== 'hash' && value !== 'none');
  return shown.map(([member, value]) => `${member} ${value}`).join(', ');
}

function membersOf({ apps, scopes, certificate, expiresAt, hash }: KeyEntry): [member: string, value: string][] {
  return [
    ['apps', apps === '*' ? '*' : [...apps].sort().join(',')],
    ['scopes', [...scopes].sort().join(',')],
    ['certificate', certificate ?? 'none'],
    ['expires', expiresAt === null ? 'never' : new Date(expiresAt).toISOString()],
    ['hash', hash ?? 'none'],
  ];
}
