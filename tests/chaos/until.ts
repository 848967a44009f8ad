/** Looks again and again until it is so; gives up after `withinMs` and says what it waited for. */
export async function until(what: string, isSo: () => boolean, withinMs = 20_000): Promise<number> {
  const startMs = performance.now();
  while (!isSo()) {
    if (performance.now() - startMs > withinMs) {
      throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return performance.now() - startMs;
}
