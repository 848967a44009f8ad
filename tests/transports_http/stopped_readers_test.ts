import { expect } from "@std/expect";
import { RawSocket } from "../harness/raw_socket.ts";
import { Child } from "./harness/child.ts";

const MIB = 1024 * 1024;
const READERS = 100;
const PER_SECOND = 1000;
const SECONDS = 8;
/** A machine that cannot keep that pace slows the publisher down: beyond this the relay would refuse more. [L7] */
const UNANSWERED = 500;
/** Enough for what the kernel takes of each connection to be full long before the end: 4 MB. */
const CONTENT = "x".repeat(1500);

/** Opens an event stream or a WebSocket in the room, and reads nothing of it. */
async function stopped(url: string, n: number): Promise<RawSocket> {
  const port = Number(new URL(url).port);
  if (n % 2 === 0) {
    const { socket } = await RawSocket.shake(port, { Authorization: `Bearer reader-${n}` });
    await socket.send(1, '{"type":"join_room","payload":{"roomId":"busy"}}');
    return socket;
  }
  const socket = await RawSocket.open(port);
  const request =
    `GET /api/events?rooms=busy HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer reader-${n}\r\n\r\n`;
  await socket.write(new TextEncoder().encode(request));
  return socket;
}

/** Publishes at a steady pace over one WebSocket; resolves when all messages were acknowledged. */
async function publish(url: string, roomId: string, count: number): Promise<void> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws`, ["denbun.json.batch", "bearer.publisher"]);
  await new Promise((resolve) => socket.onopen = resolve);
  let acks = 0;
  const done = new Promise<void>((resolve) => {
    socket.onmessage = ({ data }) => {
      acks += data.split('"success":true').length - 1;
      if (acks === count) resolve();
    };
  });
  const startMs = performance.now();
  let sent = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(count, Math.floor((performance.now() - startMs) / 1000 * PER_SECOND));
      while (sent < due && sent - acks < UNANSWERED) {
        const payload = { roomId, content: CONTENT };
        socket.send(JSON.stringify({ type: "send_message", payload, messageId: `${roomId}-${++sent}` }));
      }
      if (sent < count) return;
      clearInterval(timer);
      resolve();
    }, 5);
  });
  await done;
  socket.close();
}

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^denbun_${name} (\\S+)$`, "m").exec(text)?.[1]);
}

Deno.test(`[R4] ${READERS} stopped readers of both kinds at ${PER_SECOND} messages a second cost at most 132 MiB`, async () => {
  const limits = { ratePerSecond: 0, ephemeralPerSecond: 0, userRatePerSecond: 0 };
  // the log itself must not grow beside them
  await using child = await Child.start({ limits, retentionHours: 0 });
  // what the runtime's heaps grow to under this load is not the readers'
  await publish(child.url, "warm", 4 * PER_SECOND);
  const before = child.rssBytes;

  const readers = await Promise.all(Array.from({ length: READERS }, (_, n) => stopped(child.url, n)));
  await using quick = await child.user("quick").stream("rooms=busy");
  await quick.until("joined_room");
  let peak = 0;
  const sampling = setInterval(() => peak = Math.max(peak, child.rssBytes), 100);
  const count = SECONDS * PER_SECOND;
  try {
    const publishing = publish(child.url, "busy", count);
    // who reads is not disturbed by those who do not: everything, in order, at once
    for (let offset = 1; offset <= count; offset++) {
      const { envelope } = await quick.until("new_message");
      if (envelope.payload.offset !== offset) {
        throw new Error(`${envelope.payload.offset} instead of ${offset}`);
      }
    }
    await publishing;
  } finally {
    clearInterval(sampling);
  }
  // all of them are full, and still there
  expect(await metric(child.url, "slow_readers")).toBe(READERS);
  expect(peak - before).toBeLessThanOrEqual((READERS + 32) * MIB);
  for (const reader of readers) reader[Symbol.dispose]();
});
