import { expect } from "@std/expect";
import { connect } from "../../src/client/mod.ts";
import type { Relay, RelayState } from "../../src/client/types.ts";

/** What the smallest server heard: it welcomes, answers joins and sends, and closes when told to in a message. */
interface Heard {
  url: string;
  protocols: string;
}

async function withServer(test: (url: string, heard: Heard[]) => Promise<void>): Promise<void> {
  const heard: Heard[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const protocols = request.headers.get("sec-websocket-protocol") ?? "";
    heard.push({ url: new URL(request.url).pathname + new URL(request.url).search, protocols });
    const { socket, response } = Deno.upgradeWebSocket(request, { protocol: "denbun.json.batch" });
    const says = (envelope: object) => socket.send(JSON.stringify(envelope));
    socket.onopen = () => says({ type: "welcome", payload: { userId: "u", userName: "U" } });
    socket.onmessage = ({ data }) => {
      const { type, payload, messageId } = JSON.parse(data);
      const { roomId, content } = payload;
      if (content?.startsWith("close ")) return socket.close(Number(content.slice(6)), "as you wish");
      const answer = type === "join_room"
        ? { roomId, epoch: "e", from: 0, offset: 0, users: [], count: 0, read: [], unread: 0 }
        : { savedId: "s", roomId, epoch: "e", offset: 1, duplicate: false };
      says({ type: "ack", messageId, payload: { success: true, ...answer } });
    };
    return response;
  });
  await test(`http://127.0.0.1:${server.addr.port}`, heard);
  await server.shutdown();
}

/** Waits for a state. */
function until(relay: Relay, status: RelayState["status"]): Promise<RelayState> {
  return new Promise((resolve) => {
    const look = () => relay.state.status === status && resolve(relay.state);
    relay.addEventListener("state", look);
    look();
  });
}

Deno.test("[C1] [C2] over a real WebSocket: connect, join, send, close, with nothing left open", async () => {
  await withServer(async (url, heard) => {
    const relay = connect(`${url}/base/`, { token: "a.b-c.d_e", name: "Zoë & co" });
    await relay.ready;
    expect(heard).toEqual([
      { url: "/base/ws?name=Zo%C3%AB%20%26%20co", protocols: "denbun.json.batch, bearer.a.b-c.d_e" },
    ]);
    expect(await relay.room("lobby").send("hello 電文")).toMatchObject({ savedId: "s", offset: 1 });
    relay.close();
  });
});

Deno.test("[X] over a real WebSocket: the server's close code and reason arrive", async () => {
  await withServer(async (url) => {
    const relay = connect(url);
    relay.room("lobby").send("close 4503");
    expect(await until(relay, "closed")).toEqual({ status: "closed", code: 4503, reason: "as you wish" });
  });
});

Deno.test("[X] over a real WebSocket: nobody listens, then gave_up", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  const relay = connect(`http://127.0.0.1:${port}`, {
    transports: ["ws"],
    backoff: { attempts: 2, minMs: 1, maxMs: 2 },
  });
  await until(relay, "gave_up");
  expect(relay.state).toEqual({ status: "gave_up", attempts: 2 });
  relay.close();
});
