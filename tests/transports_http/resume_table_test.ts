import { expect } from "@std/expect";
import { parsePosition } from "../../src/protocol/position.ts";
import { memory } from "../../src/stores/memory.ts";
import { NoStream, type Site, site, Stream, type User } from "./harness/mod.ts";

/** What came of resuming: everything that was missed, the word that it is gone, or a refusal. */
type Outcome =
  | { readonly recovered: boolean; readonly contents: readonly string[] }
  | { readonly refused: string };

/** Resumes in a room from a position as it stands in addresses, and reads what is replayed. */
type Resume = (relay: Site, user: User, roomId: string, position: string) => Promise<Outcome>;

const CLOSING = "the last one";

/** Reads on to a message that is sent after the resume: what came before it was replayed. */
async function replayed(
  relay: Site,
  roomId: string,
  next: () => Promise<string | undefined>,
): Promise<string[]> {
  await relay.user("publisher").say(roomId, CLOSING);
  const contents: string[] = [];
  for (;;) {
    const content = await next();
    if (content === undefined || content === CLOSING) return contents;
    contents.push(content);
  }
}

const overSse = (query: (roomId: string) => string): Resume => async (relay, user, roomId, position) => {
  // the cursor of several rooms names each of them
  const named = query(roomId).includes(",") && parsePosition(position);
  const id = named ? `${roomId}=${position}` : position;
  const headers = { ...user.headers, "last-event-id": id };
  const opened = await Stream.open(`${relay.url}/api/events?${query(roomId)}`, headers).catch((error) =>
    error
  );
  if (opened instanceof NoStream) return { refused: JSON.parse(opened.body).code };
  await using stream = opened as Stream;
  let recovered: boolean | undefined;
  while (recovered === undefined) {
    const { payload } = (await stream.until("joined_room")).envelope;
    if (payload.roomId === roomId) recovered = payload.recovered;
  }
  const next = async () => (await stream.until("new_message")).envelope.payload.content;
  return { recovered, contents: await replayed(relay, roomId, next) };
};

const overWebSocket: Resume = async (relay, user, roomId, position) => {
  const socket = new WebSocket(relay.wsUrl, ["denbun.json", `bearer.${user.token}`]);
  const frames: string[] = [];
  let wake = () => {};
  socket.onmessage = ({ data }) => {
    frames.push(data);
    wake();
  };
  await new Promise((resolve) => socket.onopen = resolve);
  const next = async (wanted: (envelope: { type: string }) => boolean) => {
    for (;;) {
      const frame = frames.shift();
      if (frame === undefined) await new Promise<void>((resolve) => wake = resolve);
      else if (wanted(JSON.parse(frame))) return JSON.parse(frame);
    }
  };
  const since = parsePosition(position) ?? position;
  socket.send(JSON.stringify({ type: "join_room", payload: { roomId, since }, messageId: "join" }));
  const { payload } = await next(({ type }) => type === "ack");
  let outcome: Outcome = { refused: payload.error?.code };
  if (payload.success) {
    const message = async () => (await next(({ type }) => type === "new_message")).payload.content;
    outcome = { recovered: payload.recovered, contents: await replayed(relay, roomId, message) };
  }
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
  return outcome;
};

const overPolls = (path: string): Resume => async (_relay, user, roomId, position) => {
  const contents: string[] = [];
  let recovered: boolean | undefined;
  for (let since = position;;) {
    const query = `since=${encodeURIComponent(since)}&limit=2`;
    const response = await user.fetch(`/api/rooms/${roomId}/messages${path}${query}`);
    const page = await response.json();
    if (!response.ok) return { refused: page.code };
    recovered ??= page.recovered as boolean;
    contents.push(...page.messages.map(({ payload }: { payload: { content: string } }) => payload.content));
    if (!page.hasMore) return { recovered, contents };
    since = `${page.epoch}.${page.offset}`;
  }
};

const transports: Readonly<Record<string, Resume>> = {
  "WebSocket": overWebSocket,
  "SSE of one room": overSse((roomId) => `rooms=${roomId}`),
  "SSE of several rooms": overSse((roomId) => `rooms=another,${roomId}`),
  "long polling": overPolls("/wait?timeoutMs=0&"),
  "polling": overPolls("?"),
};

interface Fixture {
  readonly relay: Site;
  readonly user: User;
  readonly roomId: string;
  readonly epoch: string;
  readonly banned: Set<string>;
}

interface Case {
  /** what happens before; returns the position to resume from */
  readonly arrange: (fixture: Fixture) => string | Promise<string>;
  readonly outcome: Outcome | ((transport: string) => Outcome);
}

/** Twelve messages were sent, of which the store keeps the last ten: 3 to 12. */
const SENT = 12;
const KEPT = 10;
const from = (first: number) => Array.from({ length: SENT - first + 1 }, (_, n) => `m${first + n}`);
const lost: Outcome = { recovered: false, contents: [] };

const cases: Readonly<Record<string, Case>> = {
  "fresh, at the top": {
    arrange: ({ epoch }) => `${epoch}.${SENT}`,
    outcome: { recovered: true, contents: [] },
  },
  "wholly retained": {
    arrange: ({ epoch }) => `${epoch}.5`,
    outcome: { recovered: true, contents: from(6) },
  },
  "right before the oldest kept": {
    arrange: ({ epoch }) => `${epoch}.${SENT - KEPT}`,
    outcome: { recovered: true, contents: from(3) },
  },
  "before the oldest kept": {
    arrange: ({ epoch }) => `${epoch}.${SENT - KEPT - 1}`,
    outcome: lost,
  },
  "another epoch": { arrange: () => "another.5", outcome: lost },
  "an offset beyond the top": { arrange: ({ epoch }) => `${epoch}.${SENT + 1}`, outcome: lost },
  "an offset beyond all numbers": {
    arrange: ({ epoch }) => `${epoch}.${Number.MAX_SAFE_INTEGER}`,
    outcome: lost,
  },
  "forged": {
    arrange: () => "1.2.3; --",
    // a browser cannot help which id it sends back, everybody else can
    outcome: (transport) => transport.startsWith("SSE") ? lost : { refused: "bad_request" },
  },
  "room left meanwhile": {
    arrange: async ({ user, roomId, epoch }) => {
      const sid = crypto.randomUUID();
      await user.poll(roomId, `?sid=${sid}`);
      await user.send({ type: "leave_room", payload: { roomId } }, sid);
      return `${epoch}.9`;
    },
    outcome: { recovered: true, contents: from(10) },
  },
  "access removed meanwhile": {
    arrange: ({ user, epoch, banned }) => {
      banned.add(user.token);
      return `${epoch}.9`;
    },
    outcome: { refused: "forbidden" },
  },
};

for (const [name, { arrange, outcome }] of Object.entries(cases)) {
  Deno.test(`[R2] resume: ${name}`, async (t) => {
    const banned = new Set<string>();
    const store = memory({ retentionMessages: KEPT, retentionHours: 0 });
    await using relay = site({ store, policy: ({ userId }) => !banned.has(userId) });
    for (const [transport, resume] of Object.entries(transports)) {
      await t.step(transport, async () => {
        const roomId = `room-${transport.replaceAll(" ", "-")}`;
        const publisher = relay.user("publisher");
        let epoch = "";
        for (let n = 1; n <= SENT; n++) {
          ({ epoch } = await publisher.say(roomId, `m${n}`));
        }
        const user = relay.user(`reader-${transport.replaceAll(" ", "-")}`);
        const position = await arrange({ relay, user, roomId, epoch, banned });
        const expected = typeof outcome === "function" ? outcome(transport) : outcome;
        expect(await resume(relay, user, roomId, position)).toEqual(expected);
      });
    }
  });
}
