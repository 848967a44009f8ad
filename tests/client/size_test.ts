import { expect } from "@std/expect";
import { gunzipSync } from "node:zlib";
import { gzipped, minified } from "../../deploy/npm/minified.ts";

/** What an entry may weigh in a page, in bytes: minified and gzipped as the package ships the first. */
const LIMITS = { "mod.ts": 9000, "indexeddb.ts": 800, "msgpack.ts": 6900 };

for (const [entry, maxBytes] of Object.entries(LIMITS)) {
  Deno.test(`src/client/${entry} weighs at most ${maxBytes} bytes, with all that it needs`, async () => {
    const text = await minified(new URL(`../../src/client/${entry}`, import.meta.url));
    const file = await gzipped(text);
    expect(new TextDecoder().decode(gunzipSync(file))).toBe(text);
    expect(file.byteLength).toBeLessThanOrEqual(maxBytes);
    // a limit that is far away holds nothing
    expect(file.byteLength).toBeGreaterThan(maxBytes * 0.9);
  });
}
