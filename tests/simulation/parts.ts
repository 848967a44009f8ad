import type { Codec } from "../../src/protocol/codecs/codec.ts";
import type { Change } from "../harness/changed_source.ts";

const SOURCE = new URL("../../src/", import.meta.url);

/** What a run needs of the relay, from one copy of its source. */
export interface Parts {
  readonly Hub: typeof import("../../src/hub/hub.ts").Hub;
  readonly chat: typeof import("../../src/features/chat.ts").chat;
  readonly json: Codec;
  readonly jsonBatch: Codec;
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
    jsonBatch: codecs.jsonBatch,
    memory: memory.memory,
    RelayError: errors.RelayError,
  };
}

/** Small pages, so that a short run crosses their borders and leaves memory behind as a long one does. */
export const smallPages: readonly Change[] = [
  { file: "hub/tail.ts", from: "items: 512", to: "items: 3" },
  { file: "hub/tail.ts", from: "items: 2048", to: "items: 6" },
  { file: "hub/room_log.ts", from: "const PAGE = 128;", to: "const PAGE = 7;" },
  { file: "hub/room_log.ts", from: "const REACH = 1024;", to: "const REACH = 12;" },
  { file: "hub/catch_up.ts", from: "const STEP = 100;", to: "const STEP = 3;" },
];
