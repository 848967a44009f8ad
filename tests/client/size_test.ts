import { expect } from "@std/expect";
import { tempFolder } from "../e2e/temp_folder.ts";

/** What an entry may weigh in a page: bundled for browsers, minified, gzipped, in bytes. 9,000 is the aim of the first. */
const LIMITS = { "mod.ts": 10_300, "indexeddb.ts": 870, "msgpack.ts": 8500 };

for (const [entry, maxBytes] of Object.entries(LIMITS)) {
  Deno.test(`src/client/${entry} weighs at most ${maxBytes} bytes, with all that it needs`, async () => {
    await using folder = await tempFolder();
    const output = `${folder.path}/bundle.js`;
    const source = new URL(`../../src/client/${entry}`, import.meta.url).pathname;
    const args = ["bundle", "--quiet", "--platform=browser", "--minify", `--output=${output}`, source];
    expect((await new Deno.Command(Deno.execPath(), { args }).output()).success).toBe(true);
    const file = await Deno.readFile(output);
    const zipped = new Blob([file]).stream().pipeThrough(new CompressionStream("gzip"));
    const { byteLength } = await new Response(zipped).arrayBuffer();
    expect(byteLength).toBeLessThanOrEqual(maxBytes);
    // a limit that is far away holds nothing
    expect(byteLength).toBeGreaterThan(maxBytes * 0.9);
  });
}
