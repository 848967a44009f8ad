import { type ReadonlySignal, useSignalEffect } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import type { Stored } from "../model/message.ts";

/** A message counts as seen when this much of it shows, or when it fills half of the list. */
const ENOUGH = 0.6;

/**
 * Reports what is in view, whenever that changes while the page has the reader's attention, and again when the
 * attention comes back. The answer registers an element; what that answers takes it out.
 */
export function useSeen(
  root: RefObject<HTMLElement | null>,
  attentive: ReadonlySignal<boolean>,
  onSeen: (places: readonly Stored[]) => void,
): (element: Element, place: Stored) => () => void {
  const watcher = useMemo(() => new SeenWatcher(onSeen, () => attentive.peek()), []);
  useEffect(() => {
    watcher.start(root.current);
    return () => watcher.stop();
  }, []);
  useSignalEffect(() => {
    if (attentive.value) watcher.report();
  });
  return watcher.watch;
}

class SeenWatcher {
  readonly #onSeen: (places: readonly Stored[]) => void;
  readonly #isAttentive: () => boolean;
  readonly #places = new Map<Element, Stored>();
  readonly #visible = new Set<Element>();
  #observer: IntersectionObserver | undefined;

  constructor(onSeen: (places: readonly Stored[]) => void, isAttentive: () => boolean) {
    this.#onSeen = onSeen;
    this.#isAttentive = isAttentive;
  }

  /** Children are registered before their list is there. */
  start(root: HTMLElement | null): void {
    this.#observer = new IntersectionObserver((entries) => this.#update(entries), {
      root,
      threshold: [0, 0.2, 0.4, ENOUGH, 0.8, 1],
    });
    for (const element of this.#places.keys()) this.#observer.observe(element);
  }

  stop(): void {
    this.#observer?.disconnect();
    this.#observer = undefined;
  }

  readonly watch = (element: Element, place: Stored): () => void => {
    this.#places.set(element, place);
    this.#observer?.observe(element);
    return () => {
      this.#places.delete(element);
      this.#visible.delete(element);
      this.#observer?.unobserve(element);
    };
  };

  report(): void {
    const places = [...this.#visible].map((element) => this.#places.get(element));
    this.#onSeen(places.filter((place) => place !== undefined));
  }

  #update(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, intersectionRatio, intersectionRect, rootBounds } of entries) {
      const fills = rootBounds !== null && intersectionRect.height >= rootBounds.height / 2;
      if (intersectionRatio >= ENOUGH || fills) this.#visible.add(target);
      else this.#visible.delete(target);
    }
    if (this.#isAttentive()) this.report();
  }
}
