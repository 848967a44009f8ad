const SOURCE = new URL("../../src/", import.meta.url);
/** what a run needs of it, and what that needs */
const LAYERS = ["protocol", "hub", "features", "stores"];

/** What a run needs of the relay, from one copy of its source. */
export interface Parts {
  readonly Hub: typeof import("../../src/hub/hub.ts").Hub;
  readonly chat: typeof import("../../src/features/chat.ts").chat;
  readonly json: typeof import("../../src/protocol/codecs/mod.ts").json;
  readonly memory: typeof import("../../src/stores/memory.ts").memory;
  readonly RelayError: typeof import("../../src/protocol/errors.ts").RelayError;
}

/** Loads the relay from `root`: the real source, or a copy of it in which something was changed. */
export async function loadParts(root: URL = SOURCE): Promise<Parts> {
  const load = (path: string) => import(new URL(path, root).href);
  const [hub, chat, codecs, memory, errors] = await Promise.all([
    load("hub/hub.ts") as Promise<typeof import("../../src/hub/hub.ts")>,
    load("features/chat.ts") as Promise<typeof import("../../src/features/chat.ts")>,
    load("protocol/codecs/mod.ts") as Promise<typeof import("../../src/protocol/codecs/mod.ts")>,
    load("stores/memory.ts") as Promise<typeof import("../../src/stores/memory.ts")>,
    load("protocol/errors.ts") as Promise<typeof import("../../src/protocol/errors.ts")>,
  ]);
  return {
    Hub: hub.Hub,
    chat: chat.chat,
    json: codecs.json,
    memory: memory.memory,
    RelayError: errors.RelayError,
  };
}

/** One exact change of one file. */
export interface Change {
  /** path below src */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Small pages, so that a short run crosses their borders and leaves memory behind as a long one does. */
export const smallPages: readonly Change[] = [
  { file: "hub/tail.ts", from: "items: 512", to: "items: 3" },
  { file: "hub/tail.ts", from: "items: 2048", to: "items: 6" },
  { file: "hub/room_log.ts", from: "const PAGE = 128;", to: "const PAGE = 7;" },
  { file: "hub/room_log.ts", from: "const REACH = 1024;", to: "const REACH = 12;" },
  { file: "hub/catch_up.ts", from: "const STEP = 100;", to: "const STEP = 3;" },
];

/**
 * Copies the source to a folder of its own and changes it there.
 * @throws {Error} when a text to change is not there exactly once: the source moved on and the change must follow
 */
export async function changedSource(changes: readonly Change[]): Promise<URL> {
  const folder = await Deno.makeTempDir({ prefix: "denbun-changed-" });
  const root = new URL(`file://${folder}/`);
  await Promise.all(
    LAYERS.map((layer) => copyFolder(new URL(`${layer}/`, SOURCE), new URL(`${layer}/`, root))),
  );
  for (const change of changes) {
    await apply(change, root);
  }
  return root;
}

async function apply({ file, from, to }: Change, root: URL): Promise<void> {
  const path = new URL(file, root);
  const text = await Deno.readTextFile(path);
  const found = text.split(from).length - 1;
  if (found !== 1) throw new Error(`Cannot change ${file}: it has ${found} times ${JSON.stringify(from)}`);
  await Deno.writeTextFile(path, text.replace(from, () => to));
}

async function copyFolder(from: URL, to: URL): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(new URL(`${name}/`, from), new URL(`${name}/`, to));
    else await Deno.copyFile(new URL(name, from), new URL(name, to));
  }
}
