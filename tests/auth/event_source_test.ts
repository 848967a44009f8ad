import { expect } from "@std/expect";
import { openBrowser } from "../e2e/browser.ts";
import { eventually, NoStream, site, Stream } from "../transports_http/harness/mod.ts";

const ANN = `ann~${Date.now() + 3_600_000}`;

async function ticketFor(url: string, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}/api/tickets`, { method: "POST", headers });
  return (await answer.json()).ticket;
}

Deno.test("[T1] [threat A9] a ticket opens one stream and makes no cookie; the next one needs a ticket of its own", async () => {
  await using relay = site();
  const events = `${relay.url}/api/events?rooms=tea`;
  const used = await ticketFor(relay.url, ANN);
  let lastId: string;
  {
    await using stream = await Stream.open(`${events}&ticket=${used}`);
    expect(stream.response.headers.get("set-cookie")).toBeNull();
    await stream.until("joined_room");
    await relay.relay.publish("tea", "said", "one");
    lastId = (await stream.until("event")).lastEventId;
  }
  await relay.relay.publish("tea", "said", "two");
  // as an EventSource asks that comes back by itself
  const again = { "accept": "text/event-stream", "last-event-id": lastId };
  const refused = await Stream.open(`${events}&ticket=${used}`, again).then(
    () => undefined,
    (error) => error,
  );
  expect(refused).toBeInstanceOf(NoStream);
  expect(refused.status).toBe(401);
  const fresh = await ticketFor(relay.url, ANN);
  await using stream = await Stream.open(`${events}&since=${lastId}&ticket=${fresh}`);
  expect((await stream.until("joined_room")).envelope.payload.recovered).toBe(true);
  expect((await stream.until("event")).envelope.payload.data).toBe("two");
});

Deno.test("[T1] a browser's EventSource with a used ticket ends for good, and says so: a new one with a new ticket goes on", async () => {
  await using browser = await openBrowser();
  if (!browser) return;
  await using relay = site();
  const page = await browser.newPage();
  await page.goto(`${relay.url}/healthz`);
  const read = async (query: string) => {
    const ticket = await ticketFor(relay.url, ANN);
    await page.evaluate(`
      seen = [];
      source = new EventSource("/api/events?rooms=tea&ticket=${ticket}${query}");
      source.onmessage = ({ data, lastEventId }) => seen.push({ id: lastEventId, envelope: JSON.parse(data) });
    `);
  };
  // deno-lint-ignore no-explicit-any -- whatever came
  const seen = () => page.evaluate("seen") as Promise<{ id: string; envelope: any }[]>;
  await read("");
  await eventually(async () => (await seen()).length === 1, "the stream is open");
  await relay.relay.publish("tea", "said", "one");
  await eventually(async () => (await seen()).length === 2, "the message came");
  const { id } = (await seen())[1]!;
  await relay.relay.disconnect("ann");
  await eventually(async () => await page.evaluate("source.readyState") === 2, "it gave up");
  await relay.relay.publish("tea", "said", "two");
  await read(`&since=${id}`);
  await eventually(async () => (await seen()).length === 2, "it goes on");
  expect((await seen()).map(({ envelope: { payload } }) => payload.recovered ?? payload.data)).toEqual([
    true,
    "two",
  ]);
  await page.evaluate("source.close()");
});
