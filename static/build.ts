/// <reference lib="deno.ns" />
/** Bundles every page into `static/dist`, flat, as the server serves it. Fails when anything in it fails. */

interface Page {
  readonly name: string;
  readonly html: string;
  readonly script: string;
  readonly style: string;
}

const PAGES: readonly Page[] = [
  { name: "chat", html: "chat/chat.html", script: "chat/main.tsx", style: "chat/chat.css" },
];
/** Runs before the first paint on every page, so it stands alone. */
const BOOT = "shared/boot.ts";
const COPIES = ["favicon.svg"];
/** What one page may weigh on the wire, in bytes. */
const MAX_PAGE_BYTES = 60_000;

const source = new URL("./", import.meta.url);
const dist = new URL("dist/", source);

if (import.meta.main) await build();

async function build(): Promise<void> {
  await Deno.mkdir(dist, { recursive: true });
  await Promise.all([
    bundle(BOOT, "boot.js", "iife"),
    ...COPIES.map((name) => Deno.copyFile(new URL(name, source), new URL(name, dist))),
    ...PAGES.flatMap(({ name, html, script, style }) => [
      bundle(script, `${name}.js`, "esm"),
      bundle(style, `${name}.css`, "esm"),
      Deno.copyFile(new URL(html, source), new URL(`${name}.html`, dist)),
    ]),
  ]);
  const boot = await gzippedBytes("boot.js");
  for (const { name } of PAGES) {
    // one page after the other, so that the report is in their order
    const sizes = await Promise.all(["html", "css", "js"].map((type) => gzippedBytes(`${name}.${type}`)));
    const total = sizes.reduce((sum, size) => sum + size, boot);
    if (total > MAX_PAGE_BYTES) {
      throw new Error(`Build ${name}: ${total} bytes gzipped, ${MAX_PAGE_BYTES} are allowed`);
    }
    report(`${name}: ${(total / 1000).toFixed(1)} kB gzipped`);
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
