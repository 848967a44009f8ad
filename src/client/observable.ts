import type { Observable } from "./types.ts";

/** Told what a listener threw: one bad listener must not stop the others or the SDK. */
export type Report = (error: unknown) => void;

/** Some listeners. */
export interface Emitter<T> {
  emit(value: T): void;
  /** The answer stops it. */
  listen(fn: (value: T) => void): () => void;
}

export function createEmitter<T>(report: Report): Emitter<T> {
  const listeners = new Set<(value: T) => void>();
  return {
    emit(value) {
      // those that were there when it began
      for (const listener of [...listeners]) {
        try {
          listener(value);
        } catch (error) {
          report(error);
        }
      }
    },
    listen(fn) {
      // a function of its own: one that listens twice is called twice, and stops twice
      const listener = (value: T) => fn(value);
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** An observable and its owner's way to change it. */
export interface Value<T> extends Observable<T> {
  set(next: T): void;
}

export function createValue<T>(snapshot: T, report: Report): Value<T> {
  const { emit, listen } = createEmitter<T>(report);
  return {
    get snapshot() {
      return snapshot;
    },
    set(next) {
      if (next === snapshot) return;
      snapshot = next;
      emit(next);
    },
    subscribe: listen,
  };
}
