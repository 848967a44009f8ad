import type { Clock } from "./ports.ts";

/** What something comes to, or nothing when that takes longer than `ms`. */
export async function within<T>(
  clock: Pick<Clock, "after">,
  ms: number,
  done: Promise<T>,
): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const cancel = clock.after(ms, () => resolve(undefined));
  try {
    return await Promise.race([late, done]);
  } finally {
    cancel();
  }
}
