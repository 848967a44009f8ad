import { expect } from "@std/expect";
import { Server } from "./server.ts";
import { tempFolder } from "./temp_folder.ts";

Deno.test("[G22] a server that meets an error nobody catches goes on, and fails the test that started it", async () => {
  await using folder = await tempFolder();
  const env = { DATA_DIR: folder.path };
  for (const { main, fails } of [{ main: "main.ts", fails: false }, { main: UNLUCKY, fails: true }]) {
    const server = await Server.start({ env, main });
    expect((await fetch(`${server.url}/healthz`).then((answer) => answer.json())).status).toBe("ok");
    const ended = server[Symbol.asyncDispose]();
    if (fails) await expect(ended).rejects.toThrow("did not catch an error");
    else await ended;
  }
});

Deno.test("[G22] what nobody caught is counted, and logged", async () => {
  await using folder = await tempFolder();
  await using server = await Server.start({
    env: { DATA_DIR: folder.path },
    main: UNLUCKY,
    provokesErrors: true,
  });
  const text = await (await fetch(`${server.url}/metrics`)).text();
  expect(text).toMatch(/^denbun_uncaught_total 2$/m);
  expect(server.lines.filter(({ event }) => event === "uncaught").map(({ reason }) => reason).sort())
    .toEqual(["a rejection nobody expects", "an error nobody expects"].sort());
});

const UNLUCKY = "tests/e2e/unlucky_main.ts";
