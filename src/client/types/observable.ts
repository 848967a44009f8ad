/** A value that changes. Each snapshot is immutable, and a new object when it changed. */
export interface Observable<T> {
  /** the value now */
  readonly snapshot: T;
  /** Calls `fn` after each change (not at once); the answer stops it. */
  subscribe(fn: (snapshot: T) => void): () => void;
}
