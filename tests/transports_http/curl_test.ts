import { expect } from "@std/expect";
import { has } from "../e2e/needs.ts";
import { EventParser, type ParsedEvent, site } from "./harness/mod.ts";

const hasCurl = await has("curl", "--version");

for (const extra of [[], ["--compressed"], ["--http1.0"]]) {
  Deno.test({
    name: `[T1] curl -N ${extra.join(" ")} shows each event when it happens`,
    ignore: !hasCurl,
    async fn() {
      await using relay = site();
      const args = ["-sN", ...extra, "-H", "authorization: Bearer ann", `${relay.url}/api/events?rooms=tea`];
      const curl = new Deno.Command("curl", { args, stdout: "piped" }).spawn();
      const reader = curl.stdout.getReader();
      const parser = new EventParser();
      const next = async (): Promise<ParsedEvent[]> => {
        for (;;) {
          const { value, done } = await reader.read();
          const events = parser.push(value ?? new Uint8Array());
          if (events.length > 0 || done) return events;
        }
      };
      expect((await next()).map(({ data }) => JSON.parse(data).type)).toEqual(["joined_room"]);
      for (const content of ["one", "two", "three"]) {
        await relay.user("ben").say("tea", content);
        const [event, ...more] = await next();
        expect([JSON.parse(event!.data).payload.content, more]).toEqual([content, []]);
      }
      curl.kill("SIGTERM");
      await curl.status;
      await reader.cancel();
    },
  });
}

Deno.test({
  name: "[T4] curl sends what a shell can write",
  ignore: !hasCurl,
  async fn() {
    await using relay = site();
    const args = ["-s", "-H", "authorization: Bearer ann", "-H", "content-type: application/json"];
    const { stdout } = await new Deno.Command("curl", {
      args: [...args, "-d", '{"content":"from a shell"}', `${relay.url}/api/rooms/tea/messages`],
    }).output();
    expect(JSON.parse(new TextDecoder().decode(stdout))).toMatchObject({ roomId: "tea", offset: 1 });
  },
});
