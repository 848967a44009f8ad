/**
 * Leaves in deno.json the packages that the relay itself loads, and drops those of pages, clients and tests: Deno
 * installs every package it is told of. Run where an image is built, on its copy of the project; the lock file follows
 * with the next install.
 */
const config = JSON.parse(await Deno.readTextFile("deno.json"));
const sources = (await Array.fromAsync(modules("src"))).concat("main.ts");
const text = (await Promise.all(sources.map((path) => Deno.readTextFile(path)))).join("\n");
const isLoaded = (name: string) => text.includes(`"${name}"`) || text.includes(`"${name}/`);
config.imports = Object.fromEntries(Object.entries(config.imports).filter(([name]) => isLoaded(name)));
delete config.workspace;
await Deno.writeTextFile("deno.json", JSON.stringify(config, null, 2));

/** The modules below a folder; the client's are no part of the relay. */
async function* modules(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory && path !== "src/client") yield* modules(path);
    else if (name.endsWith(".ts")) yield path;
  }
}
