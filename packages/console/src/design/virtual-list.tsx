/**
 * A list of which only the rows in view are in the page, for lists with thousands of rows. Rows are as high as they say. It is a
 * table for screen readers, with the count of all its rows.
 */
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core';
import type { ComponentChildren } from 'preact';
import { useEffect, useReducer, useRef, useState } from 'preact/hooks';

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

export function VirtualList<T>({ items, keyOf, rowHeight, height, label, row }: VirtualListProps<T>) {
  const scroller = useRef<HTMLElement>(null);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const options = {
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index: number) => keyOf(items.at(index)!),
    overscan: 8,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: redraw,
  };
  const [virtualizer] = useState(() => new Virtualizer<HTMLElement, HTMLElement>(options));
  virtualizer.setOptions(options);
  useEffect(() => virtualizer._didMount(), []);
  useEffect(() => virtualizer._willUpdate());
  const blockSize = height ?? `min(70vh, ${Math.max(items.length, 1) * rowHeight}px)`;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must scroll by keyboard, too.
    <section class="virtual" ref={scroller} style={{ blockSize }} tabIndex={0} aria-label={label}>
      <ul class="virtual-inner" style={{ blockSize: `${virtualizer.getTotalSize()}px` }}>
        {virtualizer.getVirtualItems().map(({ key, index, start, size }) => (
          <li
            key={key}
            class="virtual-row"
            aria-setsize={items.length}
            aria-posinset={index + 1}
            style={{ blockSize: `${size}px`, transform: `translateY(${start}px)` }}
          >
            {row(items.at(index)!, index)}
          </li>
        ))}
      </ul>
    </section>
  );
}
