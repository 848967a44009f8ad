import { expect } from "@std/expect";
import { Reading } from "../../static/chat/model/reading.ts";

Deno.test("on a first visit nothing is news", () => {
  const reading = new Reading();
  reading.joined(undefined, 40);
  expect([reading.upTo, reading.lineAfter]).toEqual([40, undefined]);
});

Deno.test("coming back, the line stands after our mark", () => {
  const reading = new Reading();
  reading.joined(30, 40);
  expect([reading.upTo, reading.lineAfter]).toEqual([30, 30]);
});

Deno.test("[A4] a mark only moves forward, and only forward is told", () => {
  const reading = new Reading();
  reading.joined(30, 40);
  expect(reading.seen(35)).toBe(true);
  expect(reading.seen(35)).toBe(false);
  expect(reading.seen(31)).toBe(false);
  reading.joined(20, 41);
  expect(reading.upTo).toBe(35);
});

Deno.test("before the room is entered nothing is marked", () => {
  expect(new Reading().seen(3)).toBe(false);
});

Deno.test("what comes while nobody looks begins a line, what comes before the eyes does not", () => {
  const reading = new Reading();
  reading.joined(undefined, 10);
  reading.arrived(11, true);
  reading.seen(11);
  expect(reading.lineAfter).toBe(undefined);
  reading.arrived(12, false);
  reading.arrived(13, false);
  expect(reading.lineAfter).toBe(11);
});

Deno.test("a line stays where it is until all is read and the reader speaks or goes", () => {
  const reading = new Reading();
  reading.joined(5, 8);
  reading.seen(7);
  reading.finish(8);
  expect(reading.lineAfter).toBe(5);
  reading.seen(8);
  expect(reading.lineAfter).toBe(5);
  reading.finish(8);
  expect(reading.lineAfter).toBe(undefined);
});

Deno.test("[A4] marks end with their epoch", () => {
  const reading = new Reading();
  reading.joined(500, 600);
  reading.restarted(3);
  expect([reading.upTo, reading.lineAfter]).toEqual([3, undefined]);
  expect(reading.seen(4)).toBe(true);
});
