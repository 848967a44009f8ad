import { expect } from "@std/expect";
import { jsonLines } from "../../src/observability/log.ts";

function logTo(lines: string[]) {
  return jsonLines("debug", (line) => void lines.push(line));
}

const bytes = (text: string) => new TextEncoder().encode(text).byteLength;

Deno.test("[C16] no text from outside can begin a line, end one or drive a terminal", () => {
  const hostile = [
    'ann\r\n{"level":"error","event":"forged"}',
    "ann\n\n",
    "\x1b[2J\x1b]0;title\x07",
    "\u009b31mred",
    "\x7f\x80\x9f",
    "a\u2028b\u2029c",
    "\u202egnp.exe\u202c \u2066x\u2069 \u200f",
    'quote " backslash \\ tab \t NUL \0',
    "\ud800 lone surrogate",
  ];
  const lines: string[] = [];
  const logger = logTo(lines);
  for (const text of hostile) {
    logger.info("joined", { userName: text, [text.replaceAll("\0", "")]: 1 });
    logger.error("failed", new Error(text), { roomId: text });
  }
  expect(lines).toHaveLength(2 * hostile.length);
  for (const [n, line] of lines.entries()) {
    expect(line.endsWith("\n")).toBe(true);
    // deno-lint-ignore no-control-regex -- that there are none is the point
    expect(line.slice(0, -1)).not.toMatch(/[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/);
    const { event, userName, roomId } = JSON.parse(line);
    expect(event).toBe(n % 2 === 0 ? "joined" : "failed");
    expect(n % 2 === 0 ? userName : roomId).toBe(hostile[Math.floor(n / 2)]);
  }
});

Deno.test("[C16] a line has at most 1 KiB, one with a stack 4 KiB, whatever it is given", () => {
  const lines: string[] = [];
  const logger = logTo(lines);
  for (
    const text of ["x".repeat(1_000_000), "\x1b".repeat(100_000), "電".repeat(100_000), "😀".repeat(600)]
  ) {
    logger.warn("long", { userName: text, roomId: text, reason: text, count: 1 });
    logger.error("long", new Error(text), { userName: text });
  }
  for (const [n, line] of lines.entries()) {
    expect(bytes(line)).toBeLessThanOrEqual(n % 2 === 0 ? 1024 : 4096);
    expect(JSON.parse(line).userName).toMatch(/…$/);
  }
});

Deno.test("what fits is written whole", () => {
  const lines: string[] = [];
  const userName = "山田太郎 <script>";
  logTo(lines).info("session_opened", { userName, count: 3, ok: true, nothing: undefined });
  const { time, ...rest } = JSON.parse(lines[0]!);
  expect(rest).toEqual({ level: "info", event: "session_opened", userName, count: 3, ok: true });
  expect(new Date(time).toISOString()).toBe(time);
});

Deno.test("a level leaves out what is below it", () => {
  for (
    const [level, count] of [["debug", 4], ["info", 3], ["warn", 2], ["error", 1], ["silent", 0]] as const
  ) {
    const lines: string[] = [];
    const logger = jsonLines(level, (line) => void lines.push(line));
    logger.debug("a");
    logger.info("a");
    logger.warn("a");
    logger.error("a", "no error object");
    expect([level, lines.length]).toEqual([level, count]);
  }
});
