import { DatabaseSync } from "node:sqlite";
import { expect } from "@std/expect";
import type { Draft } from "../../src/hub/ports.ts";
import { type AppendAnswer, draftTuple, type PageAnswer, type WriteCall } from "../../src/stores/calls.ts";
import { retention } from "../../src/stores/retention.ts";
import { StoreFile } from "../../src/stores/sqlite/store_file.ts";
import { draft } from "../contract/store_contract.ts";
import { Folder } from "./support/folder.ts";

Deno.test("[A2] sqlite: a file that is taken over in the middle of a round is whole", async () => {
  await using folder = await Folder.make();
  const settings = { path: folder.file("running.db"), retention: retention(), settleAfter: 1_500 };
  const file = new StoreFile(settings);
  const drafts = Array.from({ length: 1_495 }, (_, n) => draft("abc"[n % 3]!));
  commit(file, drafts);

  const seen = new Set<number>();
  for (let n = 0; n < 15; n++) {
    // small commits, so that the round takes many steps
    const one = draft("a");
    drafts.push(one);
    commit(file, [one]);
    file.tidy();

    // as after a crash: a new handle that knows nothing but what is in the file
    const path = folder.file(`crashed-${n}.db`);
    for (const part of ["", "-wal"]) Deno.copyFileSync(settings.path + part, path + part);
    const other = new StoreFile({ ...settings, path });
    for (const room of "abc") expectWhole(other, room, drafts.filter(({ roomId }) => roomId === room));
    const again = commit(other, drafts);
    expect(again.filter((answer) => typeof answer === "number")).toEqual([]);
    other.close();
    seen.add(settledIn(path));
  }
  file.close();
  expect(seen.size).toBeGreaterThan(3);
  expect(Math.max(...seen)).toBeGreaterThanOrEqual(1_500);
});

function commit(file: StoreFile, drafts: readonly Draft[]): AppendAnswer[] {
  file.begin();
  return file.commit(drafts.map((one): WriteCall => ["append", ...draftTuple(one)])) as AppendAnswer[];
}

function expectWhole(file: StoreFile, room: string, drafts: readonly Draft[]): void {
  const [top, oldest, entries] = file.read(["read", room, { after: 0, limit: 10_000 }]) as PageAnswer;
  expect([top, oldest]).toEqual([drafts.length, 1]);
  expect(entries.map(([offset, id]) => [offset, id])).toEqual(drafts.map(({ id }, n) => [n + 1, id]));
}

function settledIn(path: string): number {
  const db = new DatabaseSync(path, { readOnly: true });
  const { settled } = db.prepare("SELECT coalesce(sum(top), 0) AS settled FROM rooms").get()!;
  db.close();
  return settled as number;
}
