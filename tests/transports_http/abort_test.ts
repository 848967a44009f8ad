import { expect } from "@std/expect";
import { Child } from "./harness/child.ts";
import { eventually } from "./harness/mod.ts";

for (const legacyAbort of [false, true]) {
  const mode = legacyAbort
    ? "aborts a request's signal also when it was answered"
    : "aborts it for who leaves alone";
  Deno.test(`[T3] places are given back where the runtime ${mode}`, async () => {
    await using child = await Child.start({ legacyAbort });
    const ann = child.user("ann");
    const status = async (timeoutMs: number) => {
      const response = await ann.fetch(`/api/rooms/tea/messages/wait?timeoutMs=${timeoutMs}`);
      await response.body?.cancel();
      return response.status;
    };
    // those that were answered hold nothing
    for (let n = 0; n < 20; n++) expect(await status(1)).toBe(200);

    const aborts = Array.from({ length: 4 }, () => new AbortController());
    const waiting = aborts.map(({ signal }) =>
      ann.fetch("/api/rooms/tea/messages/wait?timeoutMs=55000", { signal }).catch(() => "left")
    );
    await eventually(async () => await status(1) === 429, "all four places are taken");
    aborts[0]!.abort();
    await eventually(async () => await status(1) === 200, "the place of who left is free");

    // the others were not touched by any of it
    await child.user("ben").say("tea", "x");
    const [left, ...answered] = await Promise.all(waiting);
    expect(left).toBe("left");
    for (const response of answered) {
      expect((await (response as Response).json()).messages).toHaveLength(1);
    }
  });
}
