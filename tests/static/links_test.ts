import { expect } from "@std/expect";
import fc from "fast-check";
import { splitLinks } from "../../static/chat/model/links.ts";

const hrefs = (text: string) => splitLinks(text).flatMap((each) => each.kind === "link" ? [each.href] : []);

Deno.test("http and https addresses become links, with what stands around them left as text", () => {
  expect(splitLinks("See https://example.com/a?b=1#c, please")).toEqual([
    { kind: "text", text: "See " },
    { kind: "link", text: "https://example.com/a?b=1#c", href: "https://example.com/a?b=1#c" },
    { kind: "text", text: ", please" },
  ]);
  expect(hrefs("HTTP://EXAMPLE.COM")).toEqual(["http://example.com/"]);
});

Deno.test("punctuation of the sentence is not part of the address", () => {
  expect(hrefs("(https://example.com/a)")).toEqual(["https://example.com/a"]);
  expect(hrefs("https://example.com/a_(b).")).toEqual(["https://example.com/a_(b)"]);
  expect(hrefs("is it https://example.com?!")).toEqual(["https://example.com/"]);
});

Deno.test("Japanese text goes on directly after an address", () => {
  expect(splitLinks("詳しくはhttps://example.com/aを見て")).toEqual([
    { kind: "text", text: "詳しくは" },
    { kind: "link", text: "https://example.com/a", href: "https://example.com/a" },
    { kind: "text", text: "を見て" },
  ]);
});

for (
  const text of [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)//https",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "ftp://example.com",
    "//example.com",
    "www.example.com",
    "xhttps://example.com",
    "https://",
    "https://bank.example@evil.example/",
  ]
) {
  Deno.test(`no link is made of ${text}`, () => {
    expect(hrefs(text)).toEqual([]);
  });
}

Deno.test("the segments of any text are that text again, and only http and https are linked", () => {
  const piece = fc.oneof(
    fc.string(),
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.constantFrom("javascript:", "data:", "https://", "http://", "(", ")", "。", "@", " "),
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
    const text = pieces.join("");
    const segments = splitLinks(text);
    expect(segments.map((each) => each.text).join("")).toBe(text);
    for (const each of segments) {
      if (each.kind === "link") expect(["http:", "https:"]).toContain(new URL(each.href).protocol);
    }
  }));
});
