import { expect } from "@std/expect";
import { codeOf, type Import, importsOf } from "./harness/source.ts";

const ROOT = new URL("../", import.meta.url);

/**
 * The layers from the inside out. Folders of `src` that are not named here are siblings: what the hub is told of as
 * ports, each on its own; `redis` is the line to a server that the siblings of that name share. `root` is what puts
 * them together, the files that lie in `src` itself.
 */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  hub: ["protocol"],
  redis: ["hub", "protocol"],
  sibling: ["redis", "hub", "protocol"],
  client: ["protocol"],
  root: ["sibling", "hub", "protocol"],
  process: ["root", "sibling", "hub", "protocol"],
  main: ["process", "root", "sibling", "hub", "protocol"],
};

/** Packages that belong to some layers alone. */
const HOME: Readonly<Record<string, readonly string[]>> = {
  "hono": ["transports", "root"],
  "@hono/zod-validator": ["transports"],
  "jose": ["auth"],
  "node:sqlite": ["stores"],
  "yjs": ["features"],
  "redis": ["redis"],
};

/** The only packages that the inner layers and the client load. */
const INNER: Readonly<Record<string, readonly string[]>> = {
  protocol: ["zod", "@msgpack/msgpack", "node:zlib"],
  hub: ["zod"],
  client: [],
};

/** What would tie the hub and the protocol to a machine, a moment or chance. */
const IMPURE =
  /(?<![#.\w])(?:Deno|globalThis|self|console|crypto|performance|fetch|WebSocket|BroadcastChannel|Worker|setTimeout|setInterval|setImmediate|queueMicrotask|Date\.now|new Date\(\s*\)|Math\.random)(?!\w)/;

/** `src/hub/room.ts` is of the part `hub`, a file in `src` itself of `root`. */
function partOf(path: string): string {
  const [top, next, deeper] = path.split("/");
  return top !== "src" ? "main" : deeper === undefined ? "root" : next!;
}

function layerOf(part: string): string {
  return part in BELOW ? part : "sibling";
}

/** Why an import is not allowed, or nothing. */
function judge(path: string, { specifier, type }: Import): string | undefined {
  const from = partOf(path);
  if (!specifier.startsWith(".")) {
    const name = specifier.startsWith("hono/") ? "hono" : specifier;
    const allowed = INNER[from]?.includes(name) ?? HOME[name]?.includes(from) ?? true;
    return type || allowed ? undefined : `${path} loads "${specifier}"`;
  }
  const target = pathOf(specifier, path);
  const to = partOf(target);
  if (to === from || BELOW[layerOf(from)]!.includes(layerOf(to)) && !areSiblings(from, to)) return undefined;
  return `${path} imports ${target}: ${from} may not know ${to}`;
}

function areSiblings(one: string, other: string): boolean {
  return layerOf(one) === "sibling" && layerOf(other) === "sibling";
}

function pathOf(specifier: string, from: string): string {
  return new URL(specifier, new URL(from, ROOT)).pathname.slice(ROOT.pathname.length);
}

function violations(modules: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  for (const [path, source] of modules) {
    for (const one of importsOf(source)) {
      const violation = judge(path, one);
      if (violation) found.push(violation);
    }
  }
  return found;
}

/** Everything that is loaded when `path` is: packages by name, modules by path. */
function loadedBy(
  path: string,
  modules: ReadonlyMap<string, string>,
  loaded = new Set<string>(),
): Set<string> {
  if (loaded.has(path)) return loaded;
  loaded.add(path);
  for (const { specifier, type } of importsOf(modules.get(path) ?? "")) {
    if (type) continue;
    if (!specifier.startsWith(".")) loaded.add(specifier);
    else loadedBy(pathOf(specifier, path), modules, loaded);
  }
  return loaded;
}

async function readModules(
  folder: string,
  modules = new Map<string, string>(),
): Promise<Map<string, string>> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    const path = folder + name;
    if (isDirectory) await readModules(`${path}/`, modules);
    else if (/\.tsx?$/.test(name)) modules.set(path, await Deno.readTextFile(new URL(path, ROOT)));
  }
  return modules;
}

const modules = await readModules("src/");
modules.set("main.ts", await Deno.readTextFile(new URL("main.ts", ROOT)));
const inLayer = (layer: string) => [...modules].filter(([path]) => partOf(path) === layer);

Deno.test("imports go one way only: protocol, hub, siblings that do not know each other, relay, main", () => {
  expect(modules.size).toBeGreaterThan(50);
  expect(violations(modules)).toEqual([]);
});

Deno.test("the judge of imports sees each kind of violation", () => {
  const fixture = new Map([
    ["src/hub/room.ts", `import { Hono } from "hono";\nimport type { Context } from "hono";`],
    ["src/protocol/wire.ts", `import type {\n  Hub,\n} from "../hub/hub.ts";`],
    ["src/transports/sse.ts", `// import "../auth/jwt.ts";\nexport { jwt } from "../auth/jwt.ts";`],
    ["src/stores/redis.ts", `const late = await import("../backplanes/redis.ts");`],
    ["src/client/mod.ts", `import "../hub/hub.ts";\nimport { type Stored } from "../protocol/messages.ts";`],
    ["src/features/chat.ts", `import { relay } from "../relay.ts";\nimport { SignJWT } from "jose";`],
    ["src/relay.ts", `import { startNode } from "./process/node.ts";`],
    ["main.ts", `import { connect } from "./src/client/mod.ts";`],
  ]);
  expect(violations(fixture)).toEqual([
    'src/hub/room.ts loads "hono"',
    "src/protocol/wire.ts imports src/hub/hub.ts: protocol may not know hub",
    "src/transports/sse.ts imports src/auth/jwt.ts: transports may not know auth",
    "src/stores/redis.ts imports src/backplanes/redis.ts: stores may not know backplanes",
    "src/client/mod.ts imports src/hub/hub.ts: client may not know hub",
    "src/features/chat.ts imports src/relay.ts: features may not know root",
    'src/features/chat.ts loads "jose"',
    "src/relay.ts imports src/process/node.ts: root may not know process",
    "main.ts imports src/client/mod.ts: main may not know client",
  ]);
});

Deno.test("hub and protocol know no clock, chance, socket, disk or console", () => {
  const impure = [...inLayer("hub"), ...inLayer("protocol")]
    .map(([path, source]) => [path, IMPURE.exec(codeOf(source))?.[0]])
    .filter(([, word]) => word !== undefined);
  expect(impure).toEqual([]);
});

Deno.test("the search for impure words finds them in code, and only there", () => {
  const found = (source: string) => IMPURE.exec(codeOf(source))?.[0];
  expect(found("const t = Date.now();")).toBe("Date.now");
  expect(found("const t = new Date( );")).toBe("new Date( )");
  expect(found("const text = `${Math.random()}`;")).toBe("Math.random");
  expect(found('setTimeout(go, 1); // "later"')).toBe("setTimeout");
  expect(found('// Date.now()\n/* crypto */ const a = "Deno";')).toBeUndefined();
  expect(found("const time = new Date(ms).toISOString();")).toBeUndefined();
});

Deno.test("wire.ts needs nothing, so that every client can import it", () => {
  expect(importsOf(modules.get("src/protocol/wire.ts")!)).toEqual([]);
});

Deno.test("the client SDK loads no schema and no package", () => {
  const loaded = loadedBy("src/client/mod.ts", modules);
  expect(loaded.has("src/client/mod.ts")).toBe(true);
  expect([...loaded].filter((one) => !/^src\/(client|protocol)\//.test(one))).toEqual([]);
  expect([...loaded]).not.toContain("src/protocol/schemas.ts");
  const packages = [...loadedBy("src/client/msgpack.ts", modules)].filter((one) => !one.startsWith("src/"));
  expect(packages).toEqual(["@msgpack/msgpack"]);
  expect(loadedBy("src/hub/inbound.ts", modules).has("zod")).toBe(true);
});
