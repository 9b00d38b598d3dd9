/** Which rows of a list are selected and which one the keys are at. Pure steps, so that the rules can be tried without a screen. */

export interface Selection {
  readonly ids: ReadonlySet<string>;
  /** Index of the row that has the focus. */
  readonly at: number;
  /** Where a range begins. */
  readonly anchor: number;
}

export const NONE: Selection = { ids: new Set(), at: 0, anchor: 0 };

export function toggled(selection: Selection, id: string, at: number): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, at, anchor: at };
}

/** Moves to a row; with `extend` everything from the anchor to it is selected, too. */
export function moved(selection: Selection, to: number, order: readonly string[], extend = false): Selection {
  const at = Math.max(0, Math.min(order.length - 1, to));
  if (!extend) return { ...selection, at, anchor: at };
  const [from, until] = [Math.min(selection.anchor, at), Math.max(selection.anchor, at)];
  return { ids: new Set([...selection.ids, ...order.slice(from, until + 1)]), at, anchor: selection.anchor };
}

/** Selects all, or none when all are. */
export function allToggled(selection: Selection, order: readonly string[]): Selection {
  const isAll = order.length > 0 && order.every((id) => selection.ids.has(id));
  return { ...selection, ids: isAll ? new Set() : new Set(order) };
}

/** After the list has loaded again: what is not in it any more is not selected. */
export function kept(selection: Selection, order: readonly string[]): Selection {
  const there = new Set(order);
  const ids = new Set([...selection.ids].filter((id) => there.has(id)));
  const at = Math.max(0, Math.min(selection.at, order.length - 1));
  return { ids, at, anchor: at };
}
