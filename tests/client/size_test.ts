import { expect } from "@std/expect";
import { gzipSync } from "node:zlib";
import { minified } from "../../deploy/npm/minified.ts";

/** What an entry may weigh in a page: minified as the package ships the first, gzipped, in bytes. 9,000 is the aim for the first. */
const LIMITS = { "mod.ts": 9250, "indexeddb.ts": 800, "msgpack.ts": 6900 };

for (const [entry, maxBytes] of Object.entries(LIMITS)) {
  Deno.test(`src/client/${entry} weighs at most ${maxBytes} bytes, with all that it needs`, async () => {
    const file = await minified(new URL(`../../src/client/${entry}`, import.meta.url));
    const { byteLength } = gzipSync(file, { level: 9 });
    expect(byteLength).toBeLessThanOrEqual(maxBytes);
    // a limit that is far away holds nothing
    expect(byteLength).toBeGreaterThan(maxBytes * 0.9);
  });
}
