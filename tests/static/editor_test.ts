import { expect } from "@std/expect";
import { colourOf } from "../../static/editor/model/colours.ts";
import { documentOf } from "../../static/editor/model/place.ts";

Deno.test("the address names the document, or the one for everybody", () => {
  expect(documentOf("?doc=plan")).toBe("plan");
  expect(documentOf("?doc=team-7:2026.plan")).toBe("team-7:2026.plan");
  expect([documentOf(""), documentOf("?doc="), documentOf("?room=tea")]).toEqual([
    "welcome",
    "welcome",
    "welcome",
  ]);
});

Deno.test("what no document can be called is none", () => {
  for (const name of ["a b", "計画", "a/b", "x".repeat(120), "<b>"]) {
    expect([name, documentOf(`?${new URLSearchParams({ doc: name })}`)]).toEqual([name, undefined]);
  }
  // negative control: the longest name there can be
  expect(documentOf(`?doc=${"x".repeat(119)}`)).toBe("x".repeat(119));
});

Deno.test("a person has the same colour everywhere, and people do not all have the same", () => {
  const ids = Array.from({ length: 100 }, (_, n) => `guest-${n}`);
  expect(ids.map(colourOf)).toEqual(ids.map(colourOf));
  expect(new Set(ids.map(colourOf))).toEqual(new Set(["p0", "p1", "p2", "p3", "p4", "p5"]));
});
