import { expect } from "@std/expect";
import { memory } from "../../src/stores/memory.ts";
import { ControlledStore } from "../harness/store.ts";
import { sid, site, type User } from "./harness/mod.ts";

const contents = (page: { messages: { payload: { content: string } }[] }) =>
  page.messages.map(({ payload }) => payload.content);

async function say(user: User, roomId: string, count: number): Promise<void> {
  for (let n = 1; n <= count; n++) await user.say(roomId, String(n));
}

Deno.test("[T2] a poll without a position brings the newest messages, the same envelopes as on a socket", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  await say(ann, "tea", 5);
  await using stream = await ann.stream("rooms=tea&history=5");
  const page = await ann.poll("tea", "?limit=3");
  expect(page).toMatchObject({ roomId: "tea", offset: 5, hasMore: true });
  expect(page).not.toHaveProperty("recovered");
  const streamed = (await stream.take(6)).slice(1).map(({ envelope }) => envelope);
  expect(page.messages).toEqual(streamed.slice(2));
});

Deno.test("[T2] since pages forward: offset is where the page ends, and the next since", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  await say(ann, "tea", 5);
  const { epoch } = await ann.poll("tea");
  const first = await ann.poll("tea", `?since=${epoch}.1&limit=3`);
  expect(contents(first)).toEqual(["2", "3", "4"]);
  expect(first).toMatchObject({ epoch, offset: 4, recovered: true, hasMore: true });
  const second = await ann.poll("tea", `?since=${epoch}.${first.offset}&limit=3`);
  expect(contents(second)).toEqual(["5"]);
  expect(second).toMatchObject({ offset: 5, recovered: true, hasMore: false });
  const third = await ann.poll("tea", `?since=${epoch}.${second.offset}`);
  expect(third).toMatchObject({ offset: 5, recovered: true, hasMore: false, messages: [] });
});

Deno.test("[T2] before pages backward, oldest first in each page", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  await say(ann, "tea", 5);
  const second = await ann.poll("tea", "?before=4&limit=2");
  expect(contents(second)).toEqual(["2", "3"]);
  expect(second).toMatchObject({ offset: 3, hasMore: true });
  const first = await ann.poll("tea", "?before=2&limit=2");
  expect(contents(first)).toEqual(["1"]);
  expect(first).toMatchObject({ offset: 1, hasMore: false });
  expect(await ann.poll("tea", "?before=1")).toMatchObject({ offset: 0, hasMore: false, messages: [] });
  expect(contents(await ann.poll("tea", "?before=99&limit=1"))).toEqual(["5"]);
});

Deno.test("[T2] an empty room has position 0 and nothing more", async () => {
  await using relay = site();
  const page = await relay.user("ann").poll("tea");
  expect(page).toMatchObject({ offset: 0, hasMore: false, messages: [] });
  const again = await relay.user("ann").poll("tea", `?since=${page.epoch}.0`);
  expect(again).toMatchObject({ offset: 0, recovered: true, hasMore: false, messages: [] });
});

Deno.test("[T2] unchanged is 304, without touching a message", async () => {
  const store = new ControlledStore(memory());
  await using relay = site({ store });
  const ann = relay.user("ann");
  await say(ann, "tea", 3);
  const ask = (etag?: string) =>
    ann.fetch("/api/rooms/tea/messages", { headers: etag === undefined ? {} : { "if-none-match": etag } });
  const first = await ask();
  await first.body?.cancel();
  const etag = first.headers.get("etag")!;
  expect(first.headers.get("cache-control")).toBe("private, no-cache");

  const reads = () => store.calls.filter((call) => call === "read").length;
  const before = reads();
  for (const known of [etag, etag.replace("W/", ""), `"x", ${etag}`]) {
    const response = await ask(known);
    expect([response.status, await response.text(), response.headers.get("etag")]).toEqual([304, "", etag]);
  }
  expect(reads()).toBe(before);

  await ann.say("tea", "4");
  const changed = await ask(etag);
  expect(changed.status).toBe(200);
  expect(contents(await changed.json())).toEqual(["1", "2", "3", "4"]);
  expect(changed.headers.get("etag")).not.toBe(etag);
});

Deno.test("[T2] [M1] who asks again and again with the tag sees every message once", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  const seen: string[] = [];
  let since = "";
  let etag: string | undefined;
  let unchanged = 0;
  for (let round = 0; round < 12; round++) {
    if (round % 3 === 0) { for (const n of [1, 2]) await relay.user("ben").say("tea", `${round}.${n}`); }
    const query = since === "" ? "" : `?since=${since}&limit=1`;
    const response = await ann.fetch(`/api/rooms/tea/messages${query}`, {
      headers: etag === undefined ? {} : { "if-none-match": etag },
    });
    if (response.status === 304) {
      unchanged++;
      continue;
    }
    const page = await response.json();
    seen.push(...contents(page));
    const position = `${page.epoch}.${page.offset}`;
    // a tag is good for the address it came from
    etag = position === since ? response.headers.get("etag")! : undefined;
    since = position;
  }
  expect(seen).toEqual([0, 3, 6, 9].flatMap((round) => [`${round}.1`, `${round}.2`]));
  expect(unchanged).toBeGreaterThan(0);
});

Deno.test("[T2] a page of large messages ends where a megabyte is full, and goes on from there", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  const text = "x".repeat(60_000);
  for (let n = 0; n < 40; n++) await ann.say("tea", `${n} ${text}`);
  const { epoch } = await ann.poll("tea", "?limit=1");
  const numbers = (page: Parameters<typeof contents>[0]) =>
    contents(page).map((content) => parseInt(content));
  const seen: number[] = [];
  for (let offset = 0; offset < 40;) {
    const page = await ann.poll("tea", `?since=${epoch}.${offset}&limit=200`);
    expect(JSON.stringify(page).length).toBeLessThan(1024 * 1024 + 70_000);
    expect(page.hasMore).toBe(page.offset < 40);
    seen.push(...numbers(page));
    offset = page.offset;
  }
  expect(seen).toEqual(Array.from({ length: 40 }, (_, n) => n));
  const newest = await ann.poll("tea", "?limit=200");
  expect(newest).toMatchObject({ offset: 40, hasMore: true });
  expect(numbers(newest).at(-1)).toBe(39);
});

Deno.test("[T2] what cannot be read is bad_request, in the form every error has", async () => {
  await using relay = site();
  const ann = relay.user("ann");
  const queries = [
    "since=x",
    "since=a.-1",
    "since=a.1.2",
    "before=0",
    "before=x",
    "limit=0",
    "limit=201",
    "limit=",
    "since=a.1&before=2",
  ];
  for (const query of queries) {
    const response = await ann.fetch(`/api/rooms/tea/messages?${query}`);
    expect([query, response.status, response.headers.get("content-type")])
      .toEqual([query, 400, "application/problem+json"]);
    expect(await response.json()).toMatchObject({ code: "bad_request", status: 400 });
  }
  const room = await ann.fetch("/api/rooms/%20x/messages");
  expect([room.status, (await room.json()).code]).toEqual([400, "bad_request"]);
});

Deno.test("[T2] a room one may not read is forbidden, 304 or not, whether or not it exists", async () => {
  await using relay = site({
    policy: ({ userId }, _right, roomId) => userId === "ben" || roomId !== "secret",
  });
  await relay.user("ben").say("secret", "x");
  const { headers } = await relay.user("ben").fetch("/api/rooms/secret/messages").then(async (response) => {
    await response.body?.cancel();
    return response;
  });
  for (const extra of [{}, { "if-none-match": headers.get("etag")! }]) {
    const response = await relay.user("ann").fetch("/api/rooms/secret/messages", { headers: extra });
    expect([response.status, (await response.json()).code]).toEqual([403, "forbidden"]);
  }
});

Deno.test("[T0] [T2] who polls under a name is present: joins once, and is seen by the others", async () => {
  await using relay = site();
  await using stream = await relay.user("ben").stream("rooms=tea");
  await stream.until("joined_room");
  const ann = relay.user("ann");
  const name = sid();
  for (let n = 0; n < 5; n++) await ann.poll("tea", `?sid=${name}`);
  await ann.poll("tea", "", { "denbun-session": name });
  expect((await stream.next())?.envelope).toMatchObject({ type: "user_joined", payload: { userId: "ann" } });
  // and a poll without a name is a look, and no presence
  await relay.user("cid").poll("tea");
  await ann.say("tea", "x");
  expect((await stream.next())?.envelope.type).toBe("new_message");
  const users = await relay.user("ben").send({ type: "get_room_users", payload: { roomId: "tea" } });
  expect(users.payload.users.map(({ userId }: { userId: string }) => userId)).toEqual(["ben", "ann"]);
});

Deno.test("[T0] names that hold too little randomness, or are no names, are refused", async () => {
  await using relay = site();
  for (const name of ["short", "x".repeat(21), "x".repeat(65), "ä".repeat(30), ""]) {
    const response = await relay.user("ann").fetch(`/api/rooms/tea/messages?sid=${encodeURIComponent(name)}`);
    expect([name, response.status, (await response.json()).code]).toEqual([name, 400, "bad_request"]);
  }
});

Deno.test("[L] polls count against their user's rate, under whatever names they come", async () => {
  await using relay = site({ limits: { ratePerSecond: 1, rateBurst: 3 } });
  const ann = relay.user("ann");
  const statuses: number[] = [];
  for (let n = 0; n < 5; n++) {
    const response = await ann.fetch(`/api/rooms/tea/messages?sid=${sid()}`);
    statuses.push(response.status);
    await response.body?.cancel();
  }
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
  expect(await relay.user("ben").poll("tea")).toMatchObject({ messages: [] });
  // and what was refused has written no name down
  expect(await relay.relay.hub.store.list("sessions")).toHaveLength(3);
});
