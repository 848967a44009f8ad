import { expect } from "@std/expect";
import { draftOf, keepDraft } from "../../static/chat/model/drafts.ts";
import { keepIdentity, keptIdentity, nameFrom } from "../../static/shared/identity.ts";
import { browserKeep, memoryKeep } from "../../static/shared/storage.ts";

Deno.test("storage that is blocked forgets, and nothing throws", () => {
  const keep = browserKeep(() => {
    throw new DOMException("blocked", "SecurityError");
  });
  keep.set("a", "1");
  keep.set("a", undefined);
  expect(keep.get("a")).toBe(undefined);
});

Deno.test("a draft is kept for each room, an empty one is forgotten", () => {
  const keep = memoryKeep();
  keepDraft(keep, "a", "half a sent");
  keepDraft(keep, "b", "x");
  keepDraft(keep, "b", "");
  expect([draftOf(keep, "a"), draftOf(keep, "b")]).toEqual(["half a sent", ""]);
  expect(keep.get("draft.b")).toBe(undefined);
});

Deno.test("[C3] who we are is kept as it was, and damaged text is nobody", () => {
  const keep = memoryKeep();
  expect(keptIdentity(keep)).toBe(undefined);
  keepIdentity(keep, { name: "芽衣", session: "a.b.c", userId: "guest-1" });
  expect(keptIdentity(keep)).toEqual({ name: "芽衣", session: "a.b.c", userId: "guest-1" });
  for (const damaged of ['{"name":""}', '{"name":3}', '{"name":"a","session":1}', "null", "["]) {
    keep.set("identity", damaged);
    expect(keptIdentity(keep)).toBe(undefined);
  }
  keepIdentity(keep, undefined);
  expect(keep.get("identity")).toBe(undefined);
});

Deno.test("[C3] a name is trimmed and freed of what cannot be seen", () => {
  expect(nameFrom("  Mei\n Tanaka ")).toBe("Mei Tanaka");
  expect(nameFrom("a\u202eb\u200bc")).toBe("abc");
  expect(nameFrom("\u200b ")).toBe(undefined);
  expect(nameFrom("x".repeat(64))).toHaveLength(64);
  expect(nameFrom("x".repeat(65))).toBe(undefined);
});
