/** References between the values of a session (`$_SESSION['b'] = &$_SESSION['a']`), which JSON does not have. As adapters/php finds them. */
import { NESTED } from './json.ts';
import { isArray, type PhpEntries, type Variable } from './values.ts';

/** Finds the keys, by name, under which there is a variable that stands in another place, too. */
export function linkedKeys(entries: PhpEntries): ReadonlySet<string> {
  const firsts = new Map<Variable, string>();
  const linked = new Set<string>();
  const see = (variable: Variable, name: string, depth: number) => {
    const first = firsts.get(variable);
    if (first !== undefined) {
      linked.add(name).add(first);
      return;
    }
    firsts.set(variable, name);
    if (!isArray(variable.value) || depth >= NESTED) return;
    for (const inner of variable.value.entries.values()) see(inner.variable, name, depth + 1);
  };
  for (const [name, { variable }] of entries) see(variable, name, 0);
  return linked;
}
