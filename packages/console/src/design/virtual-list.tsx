/**
 * A list of which only the rows in view are in the page, for lists with thousands of rows. All rows are equally high, so which of
 * them are in view is a division: a library, which can measure rows, would be an eighth of all that the console may weigh.
 */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export interface VirtualListProps<T> {
  /** An array, or what is like one. */
  readonly items: { readonly length: number; readonly at: (index: number) => T | undefined };
  readonly keyOf: (item: T) => string;
  /** Pixels. */
  readonly rowHeight: number;
  /** Of the whole list, in CSS. Default: as high as its rows, at most 70 % of the window. */
  readonly height?: string;
  readonly label: string;
  readonly row: (item: T, index: number) => ComponentChildren;
}

/** Rows above and below those in view: what comes next is there before it is seen. */
const MORE = 8;

export function VirtualList<T>({ items, keyOf, rowHeight, height, label, row }: VirtualListProps<T>) {
  const scroller = useRef<HTMLElement>(null);
  const first = useSignal(0);
  const rows = useSignal(20);
  useEffect(() => {
    const element = scroller.current!;
    const look = () => {
      first.value = Math.floor(element.scrollTop / rowHeight);
      rows.value = Math.ceil(element.clientHeight / rowHeight) + 1;
    };
    const resized = new ResizeObserver(look);
    resized.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      resized.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [rowHeight]);
  const { length } = items;
  const top = Math.min(first.value, Math.max(0, length - rows.value));
  const from = Math.max(0, top - MORE);
  const until = Math.min(length, top + rows.value + MORE);
  const blockSize = height ?? `min(70vh, ${Math.max(length, 1) * rowHeight}px)`;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must scroll by keyboard, too.
    <section class="virtual" ref={scroller} style={{ blockSize }} tabIndex={0} aria-label={label}>
      <ul class="virtual-inner" style={{ blockSize: `${length * rowHeight}px` }}>
        {Array.from({ length: until - from }, (_, i) => {
          const index = from + i;
          const item = items.at(index)!;
          return (
            <li
              key={keyOf(item)}
              class="virtual-row"
              aria-setsize={length}
              aria-posinset={index + 1}
              style={{ blockSize: `${rowHeight}px`, transform: `translateY(${index * rowHeight}px)` }}
            >
              {row(item, index)}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
