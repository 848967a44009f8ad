import { expect } from "@std/expect";
import * as Y from "yjs";
import { standardFeatures } from "../../src/standard_features.ts";
import { RawClient } from "../e2e/raw_client.ts";
import { Editor } from "../features/editor.ts";
import { Harness } from "../harness/mod.ts";
import { site, Stream } from "../transports_http/harness/mod.ts";

const KEY = "the key of our servers, 32 bytes long";

export async function notified(): Promise<void> {
  await using server = site({ serverKeys: [KEY] });
  const ann = server.user("ann");
  const notify = async (title: string) => {
    const body = JSON.stringify({ title });
    const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
    const answer = await fetch(`${server.url}/api/users/ann/notifications`, {
      method: "POST",
      headers,
      body,
    });
    return (await answer.json()).offset;
  };
  const open = () => Stream.open(`${server.url}/api/notifications`, ann.headers);
  {
    await using phone = await open();
    await using desk = await open();
    await Promise.all([phone.until("joined_room"), desk.until("joined_room")]);
    expect(await notify("live")).toBe(1);
    for (const device of [phone, desk]) {
      expect((await device.until("notification")).envelope.payload.title).toBe("live");
    }
  }
  await notify("later");
  const inbox = await (await ann.fetch("/api/inbox")).json();
  expect(inbox).toMatchObject({ unread: 2, notifications: [{ title: "live" }, { title: "later" }] });
}

export async function measured(): Promise<void> {
  await using server = site();
  await using stream = await server.user("ann").stream("rooms=dashboard");
  const values: Record<string, number> = {};
  for (let n = 0; n < 3; n++) {
    const { payload } = (await stream.until("metrics_update")).envelope;
    Object.assign(values, payload.values);
  }
  for (const name of ["cpuPercent", "memoryBytes", "requestsPerSecond", "connectionsSse"]) {
    expect([name, typeof values[name]]).toEqual([name, "number"]);
  }
}

export async function fed(): Promise<void> {
  await using server = site({ features: standardFeatures({ demo: true }) });
  await using stream = await server.user("ann").stream("rooms=feed:prices,feed:log");
  expect((await stream.until("prices")).envelope.payload.prices.length).toBeGreaterThan(3);
  const line = (await stream.until("log_line")).envelope.payload;
  expect([typeof line.text, line.roomId]).toEqual(["string", "feed:log"]);
}

export async function edited(): Promise<void> {
  using world = new Harness();
  const editors = ["anna", "ben"].map((userId) => new Editor(world.connect(userId), "plan"));
  const [anna, ben] = editors as [Editor, Editor];
  await Promise.all(editors.map((editor) => editor.join()));
  await Promise.all([
    anna.edit((text) => text.insert(0, "Hello")),
    ben.edit((text) => text.insert(0, "Moin")),
    anna.client.ask("cursor_move", { documentId: "plan", position: { anchor: 5, head: 5 } }),
  ]);
  await world.settle();
  for (const editor of editors) editor.take();
  expect(anna.text.toString()).toBe(ben.text.toString());
  expect(anna.text.length).toBe("HelloMoin".length);
  expect(ben.client.of("remote_cursor")).toMatchObject([{ userId: "anna", position: { anchor: 5 } }]);
  // what was kept is what is there, for whoever comes next
  const late = new Editor(world.connect("late"), "plan");
  await late.join();
  await world.settle();
  late.take();
  expect(Y.encodeStateVector(late.doc)).toEqual(Y.encodeStateVector(anna.doc));
  expect(late.client.of("remote_change").map(({ offset }) => offset)).toEqual([1, 2]);
}

/** What the page compares: the same envelope, over each of the four ways. The page's own test drives it in a browser. */
export async function compared(): Promise<void> {
  await using server = site();
  const ann = server.user("ann");
  const { epoch } = await ann.poll("tea");
  const waiting = ann.poll("tea", `/wait?since=${epoch}.0`);
  await using stream = await ann.stream("rooms=tea");
  await stream.until("joined_room");
  const socket = await RawClient.open(server.wsUrl, ["denbun.json", "bearer.ann"]);
  await socket.ask("join_room", { roomId: "tea" });
  await server.user("ben").say("tea", "the same for all");
  const polled = (await ann.poll("tea")).messages[0];
  expect(polled).toMatchObject({ type: "new_message", payload: { content: "the same for all" } });
  expect((await waiting).messages[0]).toEqual(polled);
  expect((await stream.until("new_message")).envelope).toEqual(polled);
  expect(await socket.next(({ type }) => type === "new_message")).toEqual(polled);
  await socket.close();
}
