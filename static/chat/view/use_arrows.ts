import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";

/** The list is one stop for Tab; within it the arrow keys, Home and End go from message to message. */
export interface Arrows {
  /** the message that Tab stops at */
  readonly activeKey: string | undefined;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly onFocusIn: (event: FocusEvent) => void;
}

/** Makes the rows with a `data-key` walkable; Tab stops at the last one until another was visited. */
export function useArrows(list: RefObject<HTMLElement | null>, lastKey: string | undefined): Arrows {
  const visited = useSignal<string | undefined>(undefined);
  return {
    activeKey: visited.value ?? lastKey,
    onFocusIn({ target }) {
      if (!(target instanceof Element)) return;
      const key = target.closest<HTMLElement>("[data-key]")?.dataset.key;
      if (key !== undefined) visited.value = key === lastKey ? undefined : key;
    },
    onKeyDown(event) {
      if (!list.current || !(event.target instanceof HTMLElement) || !event.target.dataset.key) return;
      const rows = [...list.current.querySelectorAll<HTMLElement>("[data-key]")];
      const next = rows[target(event.key, rows.indexOf(event.target), rows.length)];
      if (!next) return;
      event.preventDefault();
      next.focus();
    },
  };
}

function target(key: string, at: number, length: number): number {
  switch (key) {
    case "ArrowUp":
      return Math.max(0, at - 1);
    case "ArrowDown":
      return Math.min(length - 1, at + 1);
    case "Home":
      return 0;
    case "End":
      return length - 1;
    default:
      return -1;
  }
}
