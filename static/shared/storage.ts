/** Text kept in the browser by key. Every key of this origin starts with `denbun.`. */
export interface Keep {
  get(key: string): string | undefined;
  /** `undefined` forgets the key. */
  set(key: string, value: string | undefined): void;
}

/** A `Keep` over Web Storage. Blocked or full storage is as good as empty: nothing here ever throws. */
export function browserKeep(storage: () => Storage): Keep {
  return {
    get(key) {
      try {
        return storage().getItem(`denbun.${key}`) ?? undefined;
      } catch {
        return undefined;
      }
    },
    set(key, value) {
      try {
        if (value === undefined) storage().removeItem(`denbun.${key}`);
        else storage().setItem(`denbun.${key}`, value);
      } catch {
        // a private window or a full disk: the page goes on, it only forgets
      }
    },
  };
}

/** A `Keep` that forgets everything when the page goes. */
export function memoryKeep(): Keep {
  const values = new Map<string, string>();
  return {
    get: (key) => values.get(key),
    set(key, value) {
      if (value === undefined) values.delete(key);
      else values.set(key, value);
    },
  };
}

/** Reads JSON that `check` accepts; anything else, damaged text included, is `undefined`. */
export function readJson<T>(keep: Keep, key: string, check: (value: unknown) => value is T): T | undefined {
  const text = keep.get(key);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
