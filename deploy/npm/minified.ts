/** One file for browsers of a module and all that it needs, as small as it gets. */
import { minify } from "terser";
import { gzipAsync } from "zopfli";

/**
 * Two minifiers in a row: the bundler knows the modules, terser what is left of them. Names of properties stay as
 * they are, since the wire, the application and the browser know them too. Throws what the bundler says.
 */
export async function minified(entry: URL): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform=browser", "--minify", entry.pathname],
  }).output();
  if (!success) throw new Error(`Bundle ${entry.pathname}:\n${new TextDecoder().decode(stderr)}`);
  const { code } = await minify(new TextDecoder().decode(stdout), {
    module: true,
    ecma: 2022,
    // functions before the rest, and written one way: what looks alike lies closer together, for gzip
    compress: { passes: 2, hoist_funs: true, unsafe_arrows: true, unsafe_methods: true },
  });
  return code!;
}

/** A file as servers that serve files compressed beforehand send it: gzip's own format, packed as tightly as it can be. */
export async function gzipped(text: string): Promise<Uint8Array> {
  return await gzipAsync(new TextEncoder().encode(text), { numiterations: 15 });
}
