import { expect } from "@std/expect";
import { mark, MARK_LENGTH, Marks } from "./marks.ts";

const encoder = new TextEncoder();

/** Counts marks in a text that is read in pieces of this size, into a buffer that is used again. */
function countIn(text: string, size: number): { count: number; moments: number[] } {
  const bytes = encoder.encode(text);
  const buffer = new Uint8Array(MARK_LENGTH + size);
  const marks = new Marks(buffer);
  const moments: number[] = [];
  let count = 0;
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    buffer.set(piece, marks.kept);
    count += marks.count(piece.length, (moment) => moments.push(moment));
  }
  return { count, moments };
}

Deno.test("every mark is counted once, wherever reads cut it", () => {
  const sent = [0, 12.345, 99_999.999, 1_234_567.5];
  const text = `@${sent.map((ms) => `{"@":"@@ none","said":"${mark(ms)}xx"}`).join("@")}@`;
  for (const size of [1, 2, 7, MARK_LENGTH, 64, 1000]) {
    const { count, moments } = countIn(text, size);
    expect(count).toBe(sent.length);
    expect(moments).toEqual(sent);
  }
});

Deno.test("what was read before is not counted again", () => {
  const buffer = new Uint8Array(100);
  const marks = new Marks(buffer);
  const bytes = encoder.encode(mark(1) + mark(2));
  buffer.set(bytes);
  expect(marks.count(bytes.length)).toBe(2);
  // the second mark still lies in the buffer, behind what comes now
  buffer.set(encoder.encode("short"), marks.kept);
  expect(marks.count(5)).toBe(0);
});
