import { expect } from "@std/expect";
import { RawClient } from "./raw_client.ts";
import { Server } from "./server.ts";
import { tempFolder } from "./temp_folder.ts";

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`[X] ${signal} answers what was accepted, says when to come back, closes 1012 and exits 0 within 5 s`, async () => {
    await using folder = await tempFolder();
    await using server = await Server.start({ env: { DATA_DIR: folder.path, RATE_BURST: "1000" } });
    const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.open(server.ws)));
    const ids = clients.flatMap((client, c) =>
      Array.from({ length: 20 }, (_, n) => {
        const messageId = `m-${c}-${n}`;
        client.send("send_message", { roomId: "lobby", content: messageId }, messageId);
        return { client, messageId };
      })
    );
    await clients[0]!.next((one) => one.type === "ack");
    const startedMs = performance.now();
    const status = await server.kill(signal);
    expect(status.code).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(5000);

    for (const client of clients) {
      expect((await client.closed).code).toBe(1012);
      const drain = client.received.find((one) => one.type === "drain");
      expect(drain?.payload.retryAfterMs).toBeGreaterThanOrEqual(0);
      expect(drain?.payload.retryAfterMs).toBeLessThanOrEqual(clients.length * 75);
    }
    const waits = new Set(
      clients.map((client) => client.received.find((one) => one.type === "drain")!.payload.retryAfterMs),
    );
    expect(waits.size).toBeGreaterThan(10);

    // whatever was answered with success is there after a restart, at the offset it was told
    await server.restart();
    const reader = await RawClient.open(server.ws);
    const stored = new Map<string, number>();
    let before: number | undefined;
    while (before !== 1) {
      const page = await reader.ask("get_history", {
        roomId: "lobby",
        limit: 100,
        ...before ? { before } : {},
      });
      for (const { payload } of page.messages) stored.set(payload.messageId, payload.offset);
      before = page.hasMore ? page.messages[0].payload.offset : 1;
    }
    await reader.close();
    for (const { client, messageId } of ids) {
      const acks = client.received.filter((one) => one.type === "ack" && one.messageId === messageId);
      expect(acks.length).toBeLessThanOrEqual(1);
      if (acks[0]?.payload.success) expect(stored.get(messageId)).toBe(acks[0].payload.offset);
    }
    expect((await server.kill("SIGTERM")).code).toBe(0);
  });
}

Deno.test("[F5] a second signal ends the process at once, and what was acknowledged is kept", async () => {
  await using folder = await tempFolder();
  await using server = await Server.start({ env: { DATA_DIR: folder.path, RATE_BURST: "1000" } });
  const clients = await Promise.all(Array.from({ length: 50 }, () => RawClient.open(server.ws)));
  const acks = await Promise.all(
    clients.map((client, n) => client.ask("send_message", { roomId: "lobby", content: `${n}` })),
  );
  Deno.kill(server.pid, "SIGTERM");
  // the drain takes a second, and more are not waited for
  await clients[0]!.next((one) => one.type === "drain");
  expect((await server.kill("SIGTERM")).code).toBe(1);
  await Promise.all(clients.map(({ closed }) => closed));
  await server.restart();
  const reader = await RawClient.open(server.ws);
  const page = await reader.ask("get_history", { roomId: "lobby", limit: 100 });
  expect(page.offset).toBe(Math.max(...acks.map(({ offset }) => offset)));
  expect(page.messages).toHaveLength(50);
  await reader.close();
});

Deno.test("[config] a wrong environment is refused at the start, all mistakes at once, with exit code 2", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "main.ts"],
    cwd: new URL("../../", import.meta.url).pathname,
    env: { PORT: "many", STORE: "paper", RATE_LIMIT: "-1" },
  }).output();
  expect(code).toBe(2);
  const text = new TextDecoder().decode(stderr);
  for (const name of ["PORT", "STORE", "RATE_LIMIT"]) expect(text).toContain(name);
});
