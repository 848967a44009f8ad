import { expect } from "@std/expect";
import { messageSize } from "../../static/chat/model/message_size.ts";

const MAX = 65_536;

Deno.test("[L] the length of a message is spoken of only when it is close to the limit", () => {
  expect(messageSize("hello", MAX)).toMatchObject({ isClose: false, isOver: false });
  expect(messageSize("a".repeat(55_000), MAX)).toMatchObject({ isClose: true, isOver: false });
  expect(messageSize("a".repeat(66_000), MAX)).toMatchObject({ isClose: true, isOver: true });
});

Deno.test("[L] a message is measured as it is on the wire", () => {
  expect(messageSize("電".repeat(20_000), MAX).usedBytes).toBe(60_000);
  expect(messageSize("\n".repeat(30_000), MAX).usedBytes).toBe(60_000);
  expect(messageSize("👏".repeat(15_000), MAX).usedBytes).toBe(60_000);
});

Deno.test("[L] what is not over the limit here is not over it as an envelope", () => {
  for (const unit of ["a", "電", "\n", "👏", '"', "\u0007"]) {
    let content = unit;
    while (!messageSize(content + content, MAX).isOver) content += content;
    const envelope = JSON.stringify({
      type: "send_message",
      messageId: "x".repeat(64),
      payload: { roomId: "r".repeat(128), content, replyTo: "i".repeat(64) },
    });
    expect(new TextEncoder().encode(envelope).length).toBeLessThanOrEqual(MAX);
  }
});
