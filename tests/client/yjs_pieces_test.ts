import { expect } from "@std/expect";
import * as Y from "yjs";
import { pieces } from "../../src/client/yjs/pieces.ts";

/** A document, and what an edit of it changed. */
function edited(
  edit: (doc: Y.Doc, text: Y.Text) => void,
  base = "base",
): { before: Uint8Array; update: Uint8Array; doc: Y.Doc } {
  const doc = new Y.Doc();
  const text = doc.getText("content");
  text.insert(0, base);
  const before = Y.encodeStateAsUpdate(doc);
  const vector = Y.encodeStateVector(doc);
  edit(doc, text);
  return { before, update: Y.encodeStateAsUpdate(doc, vector), doc };
}

function applied(...updates: Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc;
}

const large = {
  "a paste": edited((_, text) => text.insert(2, "0123456789".repeat(1_000))),
  "a paste of wide characters": edited((_, text) => text.insert(2, "🙂日".repeat(3_000))),
  "a deletion that was undone": edited((doc, text) => {
    const undo = new Y.UndoManager(text);
    text.delete(0, text.length);
    undo.undo();
    expect(doc.getText("content").length).toBe(10_000);
  }, "x".repeat(10_000)),
  "many small things": edited((doc, text) => {
    doc.transact(() => {
      for (let n = 0; n < 1_000; n++) text.insert(n % 7, `${n}`);
      text.delete(10, 500);
      for (let n = 0; n < 100; n++) doc.getMap("map").set(`key ${n}`, { n });
    });
  }),
  "formatted text": edited((_, text) => {
    text.insert(0, "bold".repeat(500), { bold: true });
    text.insert(2_000, "plain".repeat(500));
  }),
};

for (const [name, { before, update, doc }] of Object.entries(large)) {
  Deno.test(`[F3] ${name} is cut into pieces that say the same`, () => {
    const cut = pieces(Y, update, 1_000);
    expect(cut.length).toBeGreaterThan(1);
    expect(Math.max(...cut.map(({ length }) => length))).toBeLessThanOrEqual(1_200);
    const expected = doc.getText("content").toDelta();
    const inOrder = applied(before, ...cut);
    expect(inOrder.getText("content").toDelta()).toEqual(expected);
    expect(inOrder.getMap("map").toJSON()).toEqual(doc.getMap("map").toJSON());
    // nothing of it is left over, and it is the same as the whole also for those who have the whole
    expect(Y.encodeStateVector(inOrder)).toEqual(Y.encodeStateVector(doc));
    expect(applied(before, update, ...cut).getText("content").toDelta()).toEqual(expected);
    // order is not needed
    expect(applied(before, ...cut.toReversed()).getText("content").toDelta()).toEqual(expected);
  });
}

Deno.test("[F3] what is small enough stays as it is, and what cannot be cut stays whole", () => {
  const small = edited((_, text) => text.insert(0, "hello")).update;
  expect(pieces(Y, small, 1_000)).toEqual([small]);
  const { before, update, doc } = edited((doc) =>
    doc.getMap("map").set("file", new Uint8Array(5_000).fill(7))
  );
  const cut = pieces(Y, update, 1_000);
  expect(Math.max(...cut.map(({ length }) => length))).toBeGreaterThan(5_000);
  expect(applied(before, ...cut).getMap("map").toJSON()).toEqual(doc.getMap("map").toJSON());
});
