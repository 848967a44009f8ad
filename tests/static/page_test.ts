import { expect } from "@std/expect";

const root = new URL("../../static/", import.meta.url);

/** All sources of the pages, tests and built files aside. */
async function* sources(folder: URL): AsyncGenerator<{ name: string; text: string }> {
  for await (const entry of Deno.readDir(folder)) {
    if (entry.name === "dist") continue;
    if (entry.isDirectory) yield* sources(new URL(`${entry.name}/`, folder));
    else yield { name: entry.name, text: await Deno.readTextFile(new URL(entry.name, folder)) };
  }
}

const all = await Array.fromAsync(sources(root));
const INLINE = /<style|\sstyle=|\son\w+=|javascript:|https?:/i;
const MARKUP = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|style=\{/;
const LOADS = /url\(|@import\s+["']?(?:https?:)?\/\//;

/** The names of the sources of one type in which `pattern` stands. */
function offenders(type: string, pattern: RegExp): string[] {
  return all.filter(({ name, text }) => name.endsWith(type) && pattern.test(text)).map(({ name }) => name);
}

Deno.test("pages keep to their content security policy: no inline script or style, nothing from elsewhere", () => {
  expect(offenders(".html", INLINE)).toEqual([]);
  expect(offenders(".html", /<script(?![^>]*\ssrc="assets\/)/)).toEqual([]);
  expect(all.filter(({ name }) => name.endsWith(".html")).length).toBeGreaterThan(0);
});

Deno.test("no source hands text to the browser as markup", () => {
  expect(offenders("", MARKUP)).toEqual([]);
});

Deno.test("no style sheet loads anything", () => {
  expect(offenders(".css", LOADS)).toEqual([]);
});
