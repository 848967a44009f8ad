/// <reference lib="deno.ns" />
/**
 * Bundles every page into `static/dist`, flat, as the server serves it: `static/chat` becomes `chat.html`, `chat.js`
 * and `chat.css`, and is found at `/chat`. Fails when anything in it fails.
 */

/** A page is a folder with a `page.json`, beside it `main.tsx` and a style sheet of the folder's name. */
interface Page {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** what it may weigh on the wire */
  readonly maxBytes?: number;
}

const MAX_PAGE_BYTES = 60_000;
/** Every page's document, with `{{ name }}`, `{{ title }}` and `{{ description }}` to be filled in. */
const DOCUMENT = "page.html";
/** Runs before the first paint on every page, so it stands alone. */
const BOOT = "shared/boot.ts";
const COPIES = ["favicon.svg"];

const source = new URL("./", import.meta.url);
const dist = new URL("dist/", source);

if (import.meta.main) await build();

async function build(): Promise<void> {
  await Deno.mkdir(dist, { recursive: true });
  const pages = await Array.fromAsync(allPages());
  const document = await Deno.readTextFile(new URL(DOCUMENT, source));
  // alone: the first on a machine fetches the bundler, and two at once disturb each other
  await bundle(BOOT, "boot.js", "iife");
  await Promise.all([
    ...COPIES.map((name) => Deno.copyFile(new URL(name, source), new URL(name, dist))),
    ...pages.flatMap((page) => [
      bundle(`${page.name}/main.tsx`, `${page.name}.js`, "esm"),
      bundle(`${page.name}/${page.name}.css`, `${page.name}.css`, "esm"),
      Deno.writeTextFile(new URL(`${page.name}.html`, dist), filledIn(document, page)),
    ]),
  ]);
  const boot = await gzippedBytes("boot.js");
  for (const { name, maxBytes = MAX_PAGE_BYTES } of pages.sort((a, b) => a.name.localeCompare(b.name))) {
    // one page after the other, so that the report is in their order
    const sizes = await Promise.all(["html", "css", "js"].map((type) => gzippedBytes(`${name}.${type}`)));
    const total = sizes.reduce((sum, size) => sum + size, boot);
    if (total > maxBytes) throw new Error(`Build ${name}: ${total} bytes gzipped, ${maxBytes} are allowed`);
    report(`${name}: ${(total / 1000).toFixed(1)} kB gzipped`);
  }
}

async function* allPages(): AsyncGenerator<Page> {
  for await (const { name, isDirectory } of Deno.readDir(source)) {
    const file = new URL(`${name}/page.json`, source);
    if (isDirectory && await exists(file)) yield { ...JSON.parse(await Deno.readTextFile(file)), name };
  }
}

function filledIn(document: string, page: Page): string {
  return document.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, word: keyof Page) => {
    if (page[word] === undefined) throw new Error(`Build ${page.name}: its page.json says no ${word}`);
    return String(page[word]);
  });
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
