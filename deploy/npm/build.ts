/** Makes the npm package of the client in `artifacts/npm`: ES modules with their types, and nothing to install. */
import ts from "typescript";
import config from "../../deno.json" with { type: "json" };
import { gzipped, minified } from "./minified.ts";

const ROOT = new URL("../../", import.meta.url);
const OUT = new URL("artifacts/npm/", ROOT);

/** What an application imports: its name in the package, and the module. */
const ENTRIES = Object.entries(config.exports)
  .filter(([name]) => name.startsWith("./client"))
  .map(([name, path]) => ({ name: name.replace("/client", ""), path: path.slice("./".length) }));
/** The first entry as one file, for pages that are not built; and compressed, for servers that send it so. */
const MINIFIED = "./denbun.min.js";

if (import.meta.main) await build();

async function build(): Promise<void> {
  await Deno.remove(OUT, { recursive: true }).catch(() => {});
  await Deno.mkdir(OUT, { recursive: true });
  const entries = ENTRIES.map(({ path }) => path);
  await bundle(entries);
  const single = await minified(new URL(entries[0]!, ROOT));
  await Deno.writeTextFile(new URL(MINIFIED, OUT), single);
  await Deno.writeFile(new URL(`${MINIFIED}.gz`, OUT), await gzipped(single));
  const written = new Set<string>();
  for (const entry of entries) await declare(entry, written);
  await Deno.writeTextFile(new URL("package.json", OUT), JSON.stringify(manifest(), null, 2) + "\n");
  await Deno.copyFile(new URL("README.md", import.meta.url), new URL("README.md", OUT));
  await Deno.copyFile(new URL("LICENSE", ROOT), new URL("LICENSE", OUT));
}

/** The entries share what they have in common: an error of one is an error of the other. */
async function bundle(entries: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--platform=browser",
      "--code-splitting",
      "--external=yjs",
      `--outdir=${OUT.pathname}`,
      ...entries,
    ],
    cwd: ROOT,
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`Bundle the client:\n${new TextDecoder().decode(stderr)}`);
}

/** Writes the types of a module and of all it names. Each module says its own types, so none has to be inferred. */
async function declare(path: string, written: Set<string>): Promise<void> {
  if (written.has(path)) return;
  written.add(path);
  const source = await Deno.readTextFile(new URL(path, ROOT));
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(source, {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: {
      isolatedDeclarations: true,
      declaration: true,
      verbatimModuleSyntax: true,
      stripInternal: true,
    },
  });
  if (diagnostics[0]) {
    throw new Error(`Declare ${path}: ${ts.flattenDiagnosticMessageText(diagnostics[0].messageText, "\n")}`);
  }
  const imported = /((?:from|import)\s*\(?\s*")(\.[^"]+)\.ts"/g;
  const target = new URL(path.replace(/^src\//, "types/").replace(/\.ts$/, ".d.ts"), OUT);
  await Deno.mkdir(new URL(".", target), { recursive: true });
  await Deno.writeTextFile(target, outputText.replace(imported, '$1$2.js"'));
  for (const [, , specifier] of outputText.matchAll(imported)) {
    const { pathname } = new URL(`${specifier}.ts`, new URL(path, "file:///"));
    await declare(pathname.slice(1), written);
  }
}

function manifest(): object {
  const exports = ENTRIES.map(({ name, path }) => {
    const file = path.replace(/^src\/client\/(.+)\.ts$/, "$1");
    return [name, { types: `./types/client/${file}.d.ts`, default: `./${file}.js` }];
  });
  exports.push([MINIFIED, { types: "./types/client/mod.d.ts", default: MINIFIED }]);
  return {
    name: "@denbun/client",
    version: config.version,
    description:
      "Client of the Denbun relay: rooms, exactly-once sending, resume, over whatever gets through",
    license: config.license,
    type: "module",
    sideEffects: false,
    engines: { node: ">=20" },
    exports: Object.fromEntries(exports),
    peerDependencies: { yjs: "^13.6.0" },
    peerDependenciesMeta: { yjs: { optional: true } },
  };
}
