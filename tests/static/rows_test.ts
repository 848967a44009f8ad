import { expect } from "@std/expect";
import { type Message, messageKey } from "../../static/chat/model/message.ts";
import { buildRows, type Row, type RowsInput } from "../../static/chat/model/rows.ts";

const NOON = new Date(2026, 10, 21, 12).getTime();
const MINUTE = 60_000;

function message(userId: string, offset: number, timeMs = NOON, delivery?: Message["delivery"]): Message {
  const messageId = `m${offset}`;
  return {
    key: messageKey(userId, messageId),
    messageId,
    userId,
    userName: userId,
    content: "",
    replyTo: null,
    timeMs,
    delivery: delivery ?? { kind: "stored", id: `s${offset}`, epoch: "e1", offset },
  };
}

function rowsOf(messages: Message[], more: Partial<RowsInput> = {}): readonly Row[] {
  return buildRows({ messages, holes: [], epochs: ["e1"], unreadAfter: undefined, me: "me", ...more });
}

/** `day`, `new`, `hole`, and messages as `ben1[` at the head and `ben1]` at the end of a group. */
function sketch(rows: readonly Row[]): string {
  return rows.map((row) => {
    switch (row.kind) {
      case "message":
        return `${row.head ? "[" : ""}${row.message.userId}${row.message.messageId.slice(1)}${
          row.next ? "" : "]"
        }`;
      case "unread":
        return "new";
      default:
        return row.kind;
    }
  }).join(" ");
}

Deno.test("messages of one sender within five minutes are one group", () => {
  const rows = rowsOf([
    message("ben", 1),
    message("ben", 2, NOON + 4 * MINUTE),
    message("ben", 3, NOON + 10 * MINUTE),
    message("aiko", 4, NOON + 10 * MINUTE),
    message("ben", 5, NOON + 10 * MINUTE),
  ]);
  expect(sketch(rows)).toBe("day [ben1 ben2] [ben3] [aiko4] [ben5]");
});

Deno.test("each day begins with its date and a new group", () => {
  const nearMidnight = new Date(2026, 10, 21, 23, 59).getTime();
  const rows = rowsOf([message("ben", 1, nearMidnight), message("ben", 2, nearMidnight + 2 * MINUTE)]);
  expect(sketch(rows)).toBe("day [ben1] day [ben2]");
});

Deno.test("the new line stands before the first message of others that is not read", () => {
  const messages = [message("ben", 1), message("me", 2), message("ben", 3), message("ben", 4)];
  expect(sketch(rowsOf(messages, { unreadAfter: 1 }))).toBe("day [ben1] [me2] new [ben3 ben4]");
  expect(sketch(rowsOf(messages, { unreadAfter: 4 }))).toBe("day [ben1] [me2] [ben3 ben4]");
});

Deno.test("what is on its way stands after everything that is stored", () => {
  const rows = rowsOf([
    message("ben", 1),
    message("me", 2),
    message("me", 9, NOON, { kind: "pending" }),
  ]);
  expect(sketch(rows)).toBe("day [ben1] [me2 me9]");
});

Deno.test("a hole breaks a group where its first missing message would stand", () => {
  const hole = { id: 1, epoch: "e1", from: 2, to: 4, state: "open" } as const;
  const messages = [message("ben", 1), message("ben", 5), message("me", 9, NOON, { kind: "pending" })];
  expect(sketch(rowsOf(messages, { holes: [hole] }))).toBe("day [ben1] hole [ben5] [me9]");
  expect(sketch(rowsOf(messages, { holes: [{ ...hole, from: 6, to: undefined }] }))).toBe(
    "day [ben1 ben5] hole [me9]",
  );
  expect(sketch(rowsOf(messages.slice(0, 1), { holes: [hole] }))).toBe("day [ben1] hole");
});

Deno.test("the seam of a new epoch stands before its first message", () => {
  const old = message("ben", 7, NOON, { kind: "stored", id: "x", epoch: "e0", offset: 7 });
  const hole = { id: 1, epoch: "e1", from: 1, to: 0, state: "restart" } as const;
  const rows = rowsOf([old, message("ben", 1)], { holes: [hole], epochs: ["e0", "e1"] });
  expect(sketch(rows)).toBe("day [ben7] hole [ben1]");
});

Deno.test("no two rows have the same key, even when the server's clock went back a day", () => {
  const day = 24 * 60 * MINUTE;
  const rows = rowsOf([
    message("ben", 1),
    message("ben", 2, NOON + day),
    message("ben", 3),
    message("ben", 4, NOON + day),
  ]);
  expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length);
});
