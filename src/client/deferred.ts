/** A promise that somebody else settles. */
export interface Deferred<T> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: unknown): void;
}

/** What it rejects with shows elsewhere too: a caller who does not look at the promise is no error. */
export function deferred<T>(): Deferred<T> {
  const parts = {} as Deferred<T>;
  parts.promise = new Promise((resolve, reject) => {
    parts.resolve = resolve;
    parts.reject = reject;
  });
  parts.promise.catch(() => {});
  return parts;
}

/** Calls `fn` when the signal aborts (not if it did before). The answer lets go of the signal. */
export function onAbort(signal: AbortSignal | undefined, fn: (reason: unknown) => void): () => void {
  const aborted = () => fn(signal!.reason);
  signal?.addEventListener("abort", aborted, { once: true });
  return () => signal?.removeEventListener("abort", aborted);
}
