import { expect } from "@std/expect";
import { minified } from "../../deploy/npm/minified.ts";
import { listenTo, over, serve } from "../client/harness/real.ts";
import { openBrowser } from "../e2e/browser.ts";
import { has } from "../e2e/needs.ts";
import { tempFolder } from "../e2e/temp_folder.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

Deno.test("the example in Deno: lines go in, the room comes out", async () => {
  await using server = serve();
  using anna = over(server, { name: "Anna" });
  const room = anna.room("lobby");
  await room.send("before");
  const messages = listenTo(room, "new_message");
  const chat = new Deno.Command(Deno.execPath(), {
    args: ["run", "-N", "examples/deno/chat.ts", server.url, "lobby", "Ben"],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = chat.stdin.getWriter();
  await input.write(new TextEncoder().encode("Hello\nfrom the terminal\n"));
  await messages.until((heard) => heard.some(({ content }) => content === "from the terminal"));
  await input.close();
  const { code, stdout } = await chat.output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n").filter((line) => !line.startsWith("*"));
  expect([code, lines]).toEqual([0, ["Anna: before", "Ben: Hello", "Ben: from the terminal"]]);
});

Deno.test("the example with curl: the same id twice is stored once, and read back", async () => {
  if (!await has("curl", "--version")) return;
  await using server = serve();
  using anna = over(server);
  const { code, stdout } = await new Deno.Command("sh", {
    args: ["examples/curl/chat.sh", server.url, "lobby"],
    cwd: ROOT,
  }).output();
  const [first, second, position, wait, ...stream] = new TextDecoder().decode(stdout).split("\n");
  expect(code).toBe(0);
  expect([JSON.parse(first!).duplicate, JSON.parse(second!).duplicate]).toEqual([false, true]);
  expect(position).toMatch(/^read up to \w+\.1$/);
  expect(JSON.parse(wait!)).toMatchObject({ recovered: true, messages: [] });
  expect(stream.filter((line) => line.startsWith("data: ")).map((line) => JSON.parse(line.slice(6)).type))
    .toEqual(
      ["joined_room", "new_message"],
    );
  const page = await anna.room("lobby").history();
  expect(page.messages).toHaveLength(1);
});

Deno.test({
  name: "the example in a page of another origin: a message shows at once, and is stored",
  // the browser's driver keeps handles of its own between tests
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using browser = await openBrowser();
    if (!browser) return;
    await using folder = await tempFolder();
    const bundled = `${folder.path}/client.js`;
    await Deno.writeTextFile(bundled, await minified(new URL("../../src/client/mod.ts", import.meta.url)));
    const files = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
      const name = new URL(request.url).pathname.slice(1) || "index.html";
      const path = name === "client.js" ? bundled : `${ROOT}examples/browser/${name}`;
      const type = name.endsWith(".js") ? "text/javascript" : "text/html";
      const body = await Deno.readFile(path).catch(() => undefined);
      return new Response(body ?? null, { status: body ? 200 : 404, headers: { "content-type": type } });
    });
    const origin = `http://127.0.0.1:${files.addr.port}`;
    await using server = serve({ allowedOrigins: [origin] });
    using anna = over(server, { name: "Anna" });
    const messages = listenTo(anna.room("lobby"), "new_message");
    for (const blocked of [false, true]) {
      const context = await browser.newContext();
      if (blocked) await context.routeWebSocket("**/ws*", (socket) => void socket.close());
      const page = await context.newPage();
      const said = blocked ? "over a stream" : "over a socket";
      await page.goto(`${origin}/?relay=${encodeURIComponent(server.url)}&name=Ben`);
      await page.getByLabel("Message").fill(said);
      await page.getByRole("button").click();
      await messages.until((heard) => heard.some(({ content }) => content === said));
      await page.getByText(`Ben: ${said}`).waitFor();
      expect(await page.locator("#state").innerText()).toBe(blocked ? "sse" : "ws");
      await context.close();
    }
    await files.shutdown();
  },
});
