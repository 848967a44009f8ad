import { expect } from "@std/expect";
import * as Y from "yjs";
import { connect } from "../../src/client/connect.ts";
import { DenbunProvider } from "../../src/client/yjs.ts";
import { documents } from "../../src/features/documents.ts";
import { toBase64 } from "../../src/protocol/base64.ts";
import type { Store } from "../../src/hub/ports.ts";
import { memory } from "../../src/stores/memory.ts";
import { turn } from "../harness/mod.ts";
import { listen } from "../harness/server.ts";

const EDITS = 100_000;
const ROOM = "document:plan";
/** Far less than the edits: without snapshots most of the document would be gone, or the log would be all of it. */
const retention = { retentionMessages: 1_000, retentionHours: 0, retentionMax: 2_000 };

Deno.test("[F3a] of 100,000 edits a newcomer is sent a snapshot and the last few", async () => {
  const store = memory(retention);
  await using relay = listen({ store, features: [documents()] });
  const author = await join(relay.url);
  const identity = { userId: "author", userName: "Author" };
  const { edits, text } = written();
  let done = 0;
  for (let n = 0; n < EDITS; n += 500) {
    const batch = edits.splice(0, 500).map((changes) => ({ documentId: "plan", changes, version: 0 }));
    await Promise.all(
      batch.map((body) =>
        relay.relay.hub.publish({ roomId: ROOM, type: "remote_change", body, identity, messageId: undefined })
      ),
    );
    done += batch.length;
    // as fast as snapshots are made, as the feature would see to
    while (done - await snapshotOffset(store) > 5_000) await turn();
  }
  while (EDITS - await snapshotOffset(store) > 1_000) await turn();
  author.end();

  const [head] = await store.heads([ROOM]);
  expect(head!.offset).toBe(EDITS);
  expect(head!.oldest).toBeGreaterThan(EDITS - 10_000);
  const newcomer = await join(relay.url);
  expect(newcomer.text === text).toBe(true);
  expect(newcomer.changes).toBeLessThan(2_000);
  newcomer.end();
  await store.close();
});

/** Edits all over a document, a hundredth of them at a new place. */
function written(): { edits: string[]; text: string } {
  const doc = new Y.Doc();
  const text = doc.getText("content");
  const edits: string[] = [];
  doc.on("update", (update: Uint8Array) => edits.push(toBase64(update)));
  let at = 0;
  let seed = 1;
  const random = (end: number) => (seed = (seed * 48_271) % 2_147_483_647) % end;
  while (edits.length < EDITS) {
    if (random(100) === 0) at = random(text.length + 1);
    if (random(10) === 0 && at > 0) text.delete(--at, 1);
    else text.insert(at++, String.fromCharCode(97 + random(26)));
  }
  return { edits, text: text.toString() };
}

/** Somebody who has all of the document that there was at the join. */
async function join(url: string): Promise<{ text: string; changes: number; end(): void }> {
  const doc = new Y.Doc();
  const relay = connect(url);
  const provider = new DenbunProvider(relay, "plan", { yjs: Y, doc });
  let changes = 0;
  provider.room.on("remote_change", () => changes++);
  const { promise, resolve } = Promise.withResolvers<void>();
  provider.state.subscribe(({ synced }) => synced && resolve());
  await promise;
  return {
    text: doc.getText("content").toString(),
    changes,
    end() {
      provider.destroy();
      relay.close();
      doc.destroy();
    },
  };
}

async function snapshotOffset(store: Store): Promise<number> {
  const row = await store.get("document:head", "plan");
  return row ? JSON.parse(row.value).offset : 0;
}
