/// <reference lib="deno.ns" />
/**
 * Bundles every page into `static/dist`, flat, as the server serves it: `static/chat` becomes `chat.html`, `chat.js`
 * and `chat.css`, and is found at `/chat`. Fails when anything in it fails.
 */

/** What a page may weigh on the wire, in bytes; `"maxBytes"` of a `page.json` in its folder changes that. */
const MAX_PAGE_BYTES = 60_000;
/** Runs before the first paint on every page, so it stands alone. */
const BOOT = "shared/boot.ts";
const COPIES = ["favicon.svg"];

const source = new URL("./", import.meta.url);
const dist = new URL("dist/", source);

if (import.meta.main) await build();

async function build(): Promise<void> {
  await Deno.mkdir(dist, { recursive: true });
  const pages = await Array.fromAsync(pageNames());
  // alone: the first on a machine fetches the bundler, and two at once disturb each other
  await bundle(BOOT, "boot.js", "iife");
  await Promise.all([
    ...COPIES.map((name) => Deno.copyFile(new URL(name, source), new URL(name, dist))),
    ...pages.flatMap((name) => [
      bundle(`${name}/main.tsx`, `${name}.js`, "esm"),
      bundle(`${name}/${name}.css`, `${name}.css`, "esm"),
      Deno.copyFile(new URL(`${name}/${name}.html`, source), new URL(`${name}.html`, dist)),
    ]),
  ]);
  const boot = await gzippedBytes("boot.js");
  for (const name of pages.sort()) {
    // one page after the other, so that the report is in their order
    const sizes = await Promise.all(["html", "css", "js"].map((type) => gzippedBytes(`${name}.${type}`)));
    const total = sizes.reduce((sum, size) => sum + size, boot);
    const maxBytes = await budget(name);
    if (total > maxBytes) throw new Error(`Build ${name}: ${total} bytes gzipped, ${maxBytes} are allowed`);
    report(`${name}: ${(total / 1000).toFixed(1)} kB gzipped`);
  }
}

/** A page is a folder with an html file of its own name, beside it `main.tsx` and a style sheet of that name. */
async function* pageNames(): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(source)) {
    if (isDirectory && await exists(new URL(`${name}/${name}.html`, source))) yield name;
  }
}

async function budget(name: string): Promise<number> {
  const file = new URL(`${name}/page.json`, source);
  if (!await exists(file)) return MAX_PAGE_BYTES;
  const { maxBytes = MAX_PAGE_BYTES } = JSON.parse(await Deno.readTextFile(file));
  return maxBytes;
}

async function exists(file: URL): Promise<boolean> {
  try {
    return (await Deno.stat(file)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function bundle(entry: string, output: string, format: "esm" | "iife"): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--platform=browser",
      "--minify",
      `--format=${format}`,
      `--output=${new URL(output, dist).pathname}`,
      new URL(entry, source).pathname,
    ],
    cwd: source,
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`Bundle ${entry}:\n${new TextDecoder().decode(stderr)}`);
}

async function gzippedBytes(name: string): Promise<number> {
  const file = await Deno.readFile(new URL(name, dist));
  const zipped = new Blob([file]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(zipped).arrayBuffer()).byteLength;
}

function report(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
