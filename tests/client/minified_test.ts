/** The client as the package ships it for pages: minified by two programs, and still the same. */
import { expect } from "@std/expect";
import { minified } from "../../deploy/npm/minified.ts";
import type * as Client from "../../src/client/mod.ts";
import type { TransportName } from "../../src/client/types.ts";
import { failure } from "./harness/mod.ts";
import { hurried, listenTo, over, serve } from "./harness/real.ts";

const TRANSPORTS: readonly TransportName[] = ["ws", "sse", "longpoll", "poll"];

const source = await minified(new URL("../../src/client/mod.ts", import.meta.url));
const { connect, RelayError }: typeof Client = await import(
  `data:text/javascript,${encodeURIComponent(source)}`
);

for (const transport of TRANSPORTS) {
  Deno.test(`the minified client over ${transport}: join, hear, send, page, fail, leave`, async () => {
    await using server = serve();
    using other = over(server);
    const theirs = other.room("tea");
    await theirs.send("one");
    await theirs.send("two");
    // a poll rests for 5 s
    const clock = hurried({ 5000: 5 });
    const relay = connect(server.url, {
      name: "Anna",
      transports: [transport],
      clock,
      ack: { timeoutMs: 6000 },
    });
    const room = relay.room("tea", { history: 1 });
    const messages = listenTo(room, "new_message");
    await messages.until((heard) => heard.some(({ content }) => content === "two"));
    expect(relay.state).toEqual({ status: "online", transport });
    expect(relay.self?.userName).toBe("Anna");
    expect(await room.send("three", { messageId: "m3" })).toMatchObject({ offset: 3, duplicate: false });
    expect(await room.publish("waved", { hand: "left" })).toMatchObject({ offset: 4 });
    expect((await room.history({ before: 3 })).messages.map(({ payload }) => payload.offset)).toEqual([1, 2]);
    const refused = await failure(room.ask("launch_rocket"));
    expect(refused).toBeInstanceOf(RelayError);
    expect(refused.code).toBe("unknown_type");
    await messages.until((heard) => heard.some(({ content }) => content === "three"));
    expect(messages.heard.map(({ content }) => content)).toEqual(["two", "three"]);
    await room.leave();
    expect(room.state.snapshot).toEqual({ status: "left" });
    relay.close();
    expect(relay.state).toMatchObject({ status: "closed", code: 1000 });
  });
}
