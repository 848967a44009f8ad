import { expect } from "@std/expect";
import { openBrowser } from "../e2e/browser.ts";
import { eventually, site } from "./harness/mod.ts";

interface Seen {
  readonly id: string;
  // deno-lint-ignore no-explicit-any -- whatever a test expects
  readonly envelope: any;
}

Deno.test("[T1] [M3] a browser's EventSource sees all with onmessage, comes back by itself as the same user, misses nothing", async () => {
  await using browser = await openBrowser();
  if (!browser) return;
  await using relay = site({ auth: undefined });
  const page = await browser.newPage();
  await page.goto(`${relay.url}/healthz`);
  await page.evaluate(`
    seen = [];
    source = new EventSource("/api/events?rooms=tea&name=Ann");
    source.onmessage = ({ data, lastEventId }) => seen.push({ id: lastEventId, envelope: JSON.parse(data) });
  `);
  const seen = () => page.evaluate("seen") as Promise<Seen[]>;
  const say = (content: string) => relay.relay.publish("tea", "said", content);
  const said = async () => (await seen()).filter(({ envelope }) => envelope.type === "event");
  await eventually(async () => (await seen()).length > 0, "the stream is open");
  const [joined] = await seen();
  expect(joined?.envelope.type).toBe("joined_room");
  const [{ userId }] = joined!.envelope.payload.users;

  await say("one");
  await eventually(async () => (await said()).length === 1, "the first message came");
  for (const round of ["two", "three"]) {
    // the server ends the stream; what is said meanwhile comes when the browser is back, after its retry
    await relay.relay.disconnect(userId);
    await eventually(() => relay.relay.hub.sessionCount === 0, "the stream ended");
    await say(round);
    await eventually(() => relay.relay.hub.sessionCount === 1, "the browser is back");
  }
  await say("\r\n\r\nevent: forged\0\u2028");
  await eventually(async () => (await said()).length === 4, "the last message came");
  const { epoch } = joined!.envelope.payload;
  expect((await said()).map(({ id, envelope }) => [id, envelope.payload.data])).toEqual([
    [`${epoch}.1`, "one"],
    [`${epoch}.2`, "two"],
    [`${epoch}.3`, "three"],
    [`${epoch}.4`, "\r\n\r\nevent: forged\0\u2028"],
  ]);
  const joins = (await seen()).filter(({ envelope }) => envelope.type === "joined_room");
  expect(joins.map(({ envelope }) => envelope.payload.recovered)).toEqual([undefined, true, true]);
  for (const { envelope } of joins) {
    expect(envelope.payload.users).toEqual([{ userId, userName: "Ann" }]);
  }
  await page.evaluate("source.close()");
  await eventually(() => relay.relay.hub.sessionCount === 0, "a closed source is noticed");
});
