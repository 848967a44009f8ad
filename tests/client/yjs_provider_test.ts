import { expect } from "@std/expect";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { connect } from "../../src/client/connect.ts";
import { msgpack } from "../../src/client/msgpack.ts";
import type { RelayOptions as ClientOptions } from "../../src/client/types.ts";
import { DenbunProvider, type DocumentState } from "../../src/client/yjs.ts";
import { documents } from "../../src/features/documents.ts";
import { mergeHere } from "../../src/features/documents/merger.ts";
import type { RelayOptions } from "../../src/relay.ts";
import { memory } from "../../src/stores/memory.ts";
import { ControlledStore } from "../harness/mod.ts";
import { listen, type Listening } from "../harness/server.ts";

/** Somebody with the SDK, a provider and an editor's awareness, over a real socket. */
class Writer implements Disposable {
  readonly doc = new Y.Doc();
  readonly awareness = new Awareness(this.doc);
  readonly relay;
  readonly provider;

  constructor(server: Listening, name: string, options: Partial<ClientOptions> = {}, before?: Uint8Array) {
    if (before) Y.applyUpdate(this.doc, before);
    this.relay = connect(server.url, { name, ...options });
    this.provider = new DenbunProvider(this.relay, "plan", {
      yjs: Y,
      doc: this.doc,
      awareness: this.awareness,
    });
  }

  get text(): Y.Text {
    return this.doc.getText("content");
  }

  /** Resolves when the document's state is so. */
  is(wanted: (state: DocumentState) => boolean): Promise<void> {
    const { state } = this.provider;
    return until(() => wanted(state.snapshot), (again) => state.subscribe(again));
  }

  level(): Promise<void> {
    return this.is(({ synced, saved }) => synced && saved);
  }

  /** Resolves when the text is so. */
  async reads(text: string): Promise<void> {
    await until(() => this.text.toString() === text, (again) => {
      this.doc.on("update", again);
      return () => this.doc.off("update", again);
    });
  }

  /** Resolves when so many others show where they are. */
  async sees(wanted: (others: Map<number, Record<string, unknown>>) => boolean): Promise<void> {
    const others = () => new Map([...this.awareness.getStates()].filter(([id]) => id !== this.doc.clientID));
    await until(() => wanted(others()), (again) => {
      this.awareness.on("change", again);
      return () => this.awareness.off("change", again);
    });
  }

  [Symbol.dispose](): void {
    this.provider.destroy();
    this.awareness.destroy();
    this.relay.close();
    this.doc.destroy();
  }
}

async function until(is: () => boolean, watch: (again: () => void) => () => void): Promise<void> {
  if (is()) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = watch(() => is() && resolve());
  await promise;
  stop();
}

function server(
  options: Partial<RelayOptions> = {},
  feature: Parameters<typeof documents>[0] = {},
): Listening {
  return listen({ features: [documents({ merger: mergeHere, ...feature })], ...options });
}

for (const codec of ["denbun.json", "denbun.json.batch", msgpack] as const) {
  const name = typeof codec === "string" ? codec : codec.subprotocol;
  Deno.test(`[F3] two who write the same document end up with the same, over ${name}`, async () => {
    await using relay = server();
    using anna = new Writer(relay, "anna", { codec });
    using ben = new Writer(relay, "ben");
    await Promise.all([anna.level(), ben.level()]);
    anna.text.insert(0, "Hello 🙂");
    await ben.reads("Hello 🙂");
    ben.text.insert(0, ">> ");
    await anna.reads(">> Hello 🙂");
    await Promise.all([anna.level(), ben.level()]);
    expect(anna.provider.state.snapshot).toMatchObject({ synced: true, saved: true, problem: undefined });
    await anna.is(({ version }) => version === 2);
  });
}

for (const transport of ["sse", "longpoll"] as const) {
  Deno.test(`[F3a] where WebSocket is blocked a document is whole over ${transport}, and can be written`, async () => {
    await using relay = server({}, { snapshotEvery: 10 });
    using anna = new Writer(relay, "anna");
    await anna.level();
    // several parts, and a tail after the snapshot
    anna.text.insert(0, "0123456789".repeat(10_000));
    await anna.level();
    for (let n = 0; n < 25; n++) {
      anna.text.insert(0, `${n} `);
      await anna.level();
    }
    using ben = new Writer(relay, "ben", { transports: [transport] });
    await ben.level();
    expect(ben.text.toString() === anna.text.toString()).toBe(true);
    ben.text.insert(0, "from ben ");
    await anna.reads(ben.text.toString());
    anna.text.insert(0, "from anna ");
    await ben.reads(anna.text.toString());
  });
}

Deno.test("[F3a] what was written before there was a connection is brought along, and nothing else", async () => {
  await using relay = server();
  using anna = new Writer(relay, "anna");
  anna.text.insert(0, "before ");
  await anna.level();
  const kept = Y.encodeStateAsUpdate(anna.doc);
  using again = new Writer(relay, "anna", {}, kept);
  again.text.insert(0, "and ");
  await again.level();
  await anna.reads("and before ");
  // two changes: what was stored already is not sent again
  await anna.is(({ version }) => version >= 2);
  expect(anna.provider.state.snapshot.version).toBe(2);
});

Deno.test("[F3a] a server that has lost everything is given the document back", async () => {
  const store = new ControlledStore(memory());
  await using relay = server({ store });
  using anna = new Writer(relay, "anna");
  anna.text.insert(0, "still here");
  await anna.level();
  store.inner = memory();
  // noticed by the sweep, within two seconds
  await anna.is(({ synced }) => !synced);
  await anna.level();
  using ben = new Writer(relay, "ben");
  await ben.level();
  expect(ben.text.toString()).toBe("still here");
});

Deno.test("[F3] a change larger than an envelope arrives in pieces", async () => {
  await using relay = server();
  using anna = new Writer(relay, "anna");
  await anna.level();
  const large = "0123456789🙂".repeat(15_000);
  anna.text.insert(0, large);
  await anna.level();
  using ben = new Writer(relay, "ben");
  await ben.level();
  expect(ben.text.toString() === large).toBe(true);
});

Deno.test("[F3c] cursors are shared under the name the server knows, and go with who leaves", async () => {
  await using relay = server({ limits: { leaveGraceMs: 0 } });
  using anna = new Writer(relay, "anna");
  await anna.level();
  anna.awareness.setLocalStateField("user", { name: "the administrator" });
  anna.awareness.setLocalStateField("cursor", { anchor: 1, head: 2 });
  using ben = new Writer(relay, "ben");
  // who comes later is told without anybody moving
  await ben.sees((others) => others.get(anna.doc.clientID)?.cursor !== undefined);
  const state = ben.awareness.getStates().get(anna.doc.clientID);
  expect(state).toMatchObject({ cursor: { anchor: 1, head: 2 }, user: { name: "anna" } });
  anna.awareness.setLocalStateField("cursor", { anchor: 3, head: 3 });
  await ben.sees((others) => (others.get(anna.doc.clientID)?.cursor as { head?: number })?.head === 3);
  anna.provider.destroy();
  await ben.sees((others) => others.size === 0);
});

Deno.test("[F3b] a full document says so, and takes changes again when there is room", async () => {
  await using relay = server({}, { maxDocumentBytes: 5_000 });
  using anna = new Writer(relay, "anna");
  await anna.level();
  anna.text.insert(0, "x".repeat(4_000));
  await anna.level();
  const undo = new Y.UndoManager(anna.text, { trackedOrigins: new Set(["me"]) });
  anna.doc.transact(() => anna.text.insert(0, "y".repeat(3_000)), "me");
  await anna.is(({ problem }) => problem?.code === "limit_exceeded");
  expect(anna.provider.state.snapshot.saved).toBe(false);
  undo.undo();
  await anna.is(({ problem, saved, synced }) => problem === undefined && saved && synced);
  anna.text.insert(0, "z");
  await anna.level();
  using ben = new Writer(relay, "ben");
  await ben.level();
  await ben.reads("z" + "x".repeat(4_000));
  undo.destroy();
});

Deno.test("[F3] who may not write is told so, and is sent what others write", async () => {
  await using relay = server({
    policy: { allows: ({ userName }, right) => right === "read" || userName === "anna" },
  });
  using anna = new Writer(relay, "anna");
  using ben = new Writer(relay, "ben");
  await Promise.all([anna.level(), ben.level()]);
  ben.text.insert(0, "x");
  await ben.is(({ problem }) => problem?.code === "forbidden");
  anna.text.insert(0, "y");
  await until(() => ben.text.toString().includes("y"), (again) => {
    ben.doc.on("update", again);
    return () => ben.doc.off("update", again);
  });
  expect(anna.text.toString()).toBe("y");
});
