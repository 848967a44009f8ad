import type { Signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

/** Nearer to the end than this is at the end. */
const END_PX = 48;

/** Moves a list, at once: a list that glides is somewhere else by the time it is drawn again. */
export interface Scroll {
  toEnd(): void;
  /** Brings a row into the upper part of the view. */
  toRow(row: HTMLElement): void;
}

/**
 * Keeps a list still while it changes: at the end it stays at the end; elsewhere the first row in view stays where
 * it is, whatever is added above or below. Rows are children with a `data-key`; the component that calls this must
 * draw them itself.
 */
export function useScroll(list: RefObject<HTMLElement | null>, atEnd: Signal<boolean>): Scroll {
  const pinned = useRef(true);
  // before the rows change: what is on the screen now, and where
  const anchor = pinned.current || !list.current ? undefined : firstInView(list.current);

  useLayoutEffect(() => {
    const element = list.current;
    if (!element) return;
    if (pinned.current) element.scrollTop = element.scrollHeight;
    else if (anchor?.row.isConnected) element.scrollTop += anchor.row.offsetTop - anchor.top;
  });

  useEffect(() => {
    const element = list.current;
    if (!element) return undefined;
    const measure = () => {
      pinned.current = element.scrollHeight - element.scrollTop - element.clientHeight < END_PX;
      atEnd.value = pinned.current;
    };
    // a growing text field, a turned phone: the end is still the end
    const resizes = new ResizeObserver(() => {
      if (pinned.current) element.scrollTop = element.scrollHeight;
    });
    resizes.observe(element);
    element.addEventListener("scroll", measure, { passive: true });
    return () => {
      resizes.disconnect();
      element.removeEventListener("scroll", measure);
    };
  }, []);

  const scroll = useRef<Scroll>({
    toEnd() {
      const element = list.current;
      if (!element) return;
      pinned.current = true;
      atEnd.value = true;
      element.scrollTop = element.scrollHeight;
    },
    toRow(row) {
      const element = list.current;
      if (!element) return;
      pinned.current = false;
      element.scrollTop = row.offsetTop - element.clientHeight / 4;
    },
  });
  return scroll.current;
}

/** Rows are in the order of the page, so the first in view is found by halving. Only messages are sure to stay. */
function firstInView(list: HTMLElement): { row: HTMLElement; top: number } | undefined {
  const rows = list.querySelectorAll<HTMLElement>(":scope > [data-key]");
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const { offsetTop, offsetHeight } = rows[middle]!;
    if (offsetTop + offsetHeight > list.scrollTop) high = middle;
    else low = middle + 1;
  }
  const row = rows[low];
  return row && { row, top: row.offsetTop };
}
