/**
 * Reads what Python's pickle wrote, protocols 0 to 5, without running anything: a pickle is a program, and here only its plain
 * steps have an effect (texts, numbers, lists, dicts). A class or a function that it names is a name (`PyGlobal`), and what Python
 * would make by calling it an object with its arguments (`PyObject`): a date is told by its bytes, a model of an application is
 * left by its name. A pickle from a hostile hand can lie about values, and do no more.
 *
 * Deliberately not read: persistent ids, extension codes, buffers outside of the pickle: no session has them.
 */
import { MARK, Machine } from './pickle-machine.ts';
import { STEPS } from './pickle-steps.ts';
import { DEEPEST, NotReadable, PyGlobal, PyTuple, type PyValue } from './value.ts';

/** What is there once can be named many times; a session of the largest size has fewer values. */
const MOST_VALUES = 4_000_000;
const STOP = 0x2e;

/** Gives the value. Errors: NotReadable. */
export function readPickle(bytes: Buffer): PyValue {
  const machine = new Machine(bytes);
  for (let code = machine.step(); code !== STOP; code = machine.step()) {
    const step = STEPS[code];
    if (step === undefined) throw new NotReadable(`the pickle has a step that sessions do not have (${code})`);
    step(machine);
  }
  const value = machine.end();
  if (value instanceof PyGlobal || value === MARK) throw new NotReadable('it is no pickle of a value');
  checkSize(value, 0, new Set(), { left: MOST_VALUES });
  return value;
}

/**
 * What holds itself, by the memo, would never end, and what is named again and again inside of what is named again and again
 * would nearly never.
 */
function checkSize(value: PyValue, depth: number, within: Set<PyValue>, values: { left: number }): void {
  if (--values.left < 0) throw new NotReadable('the pickle has too many values');
  const inside =
    value instanceof Map
      ? value.values()
      : value instanceof PyTuple
        ? value.items
        : Array.isArray(value)
          ? value
          : null;
  if (inside === null) return;
  if (depth > DEEPEST || within.has(value)) throw new NotReadable('the pickle is nested too deeply');
  within.add(value);
  for (const item of inside) checkSize(item, depth + 1, within, values);
  within.delete(value);
}
