import { expect } from "@std/expect";
import type { Page } from "playwright-core";
import { openBrowser, Person } from "./browser.ts";
import { RawClient } from "./raw_client.ts";
import { Server } from "./server.ts";
import { tempFolder } from "./temp_folder.ts";

// the browser's driver keeps handles of its own between tests
const options = { sanitizeOps: false, sanitizeResources: false };

/** What the store has of a room. */
async function stored(server: Server, roomId: string): Promise<string[]> {
  const reader = await RawClient.open(server.ws);
  const { messages } = await reader.ask("get_history", { roomId, limit: 100 });
  await reader.close();
  return messages.map(({ payload }: { payload: { content: string } }) => payload.content);
}

/** The page, loaded again where it is: its person is known. */
async function reload(page: Page): Promise<void> {
  await page.reload();
  await page.getByTestId("composer").waitFor();
}

Deno.test(
  "[A2] unsent messages outlive a reload and a crashed tab, and are stored once",
  options,
  async () => {
    await using browser = await openBrowser();
    if (!browser) return;
    await using folder = await tempFolder();
    await using server = await Server.start({ env: { DATA_DIR: folder.path } });
    const aiko = await Person.enter(browser, server.url, { name: "Aiko", room: "tea" });
    await aiko.say("before");
    await aiko.sees("before", "sent");

    // the page itself comes from the network, so only the relay's own ways are cut
    let blocked = true;
    const context = aiko.page.context();
    await context.route("**/api/**", (route) => blocked ? route.abort() : route.continue());
    await context.routeWebSocket("**/ws*", (socket) => {
      if (blocked) socket.close();
      else socket.connectToServer();
    });
    await reload(aiko.page);
    await aiko.say("one");
    await aiko.say("two");
    await aiko.sees("two", "pending");
    await reload(aiko.page);
    await aiko.sees("one", "pending");
    await aiko.sees("two", "pending");

    // another tab of the same person sends what is its own, and leaves alone what a living tab has
    const second = await context.newPage();
    await second.goto(`${server.url}/chat?room=tea`);
    await second.getByTestId("composer").waitFor();
    expect(await second.locator('[data-state="pending"]').count()).toBe(0);

    // the first tab is gone without a word; a new one takes over what it left
    await second.close();
    await aiko.page.close();
    const third = await context.newPage();
    await third.goto(`${server.url}/chat?room=tea`);
    await third.locator('[data-testid="message"][data-state="pending"]', { hasText: "two" }).waitFor();
    blocked = false;
    await third.getByTestId("reconnect").click();
    await third.locator('[data-testid="message"][data-state="sent"]', { hasText: "two" }).waitFor();
    expect(await stored(server, "tea")).toEqual(["before", "one", "two"]);
    await context.close();
  },
);

Deno.test(
  "[M10] where WebSocket is blocked two people chat in the page all the same, and it comes back",
  options,
  async () => {
    await using browser = await openBrowser();
    if (!browser) return;
    await using folder = await tempFolder();
    await using server = await Server.start({ env: { DATA_DIR: folder.path } });
    const ben = await Person.enter(browser, server.url, { name: "Ben", room: "tea" });
    let blocked = true;
    const context = await browser.newContext();
    await context.routeWebSocket("**/ws*", (socket) => {
      if (blocked) socket.close();
      else socket.connectToServer();
    });
    const page = await context.newPage();
    const streams: string[] = [];
    page.on("request", (request) => request.url().includes("/api/events") && streams.push(request.url()));
    await page.goto(`${server.url}/chat?room=tea`);
    await page.getByTestId("name-input").fill("Aiko");
    await page.getByTestId("name-submit").click();
    const composer = page.getByTestId("composer");
    await composer.fill("over a stream");
    await composer.press("Enter");
    await ben.hears("over a stream");
    await ben.page.locator('[data-testid="users"][data-count="2"]').first().waitFor({ state: "attached" });
    await ben.say("heard you");
    await page.getByTestId("message").filter({ hasText: "heard you" }).waitFor();
    expect(streams.length).toBeGreaterThan(0);

    const open = page.waitForEvent("websocket");
    blocked = false;
    await open;
    await composer.fill("over a socket again");
    await composer.press("Enter");
    await ben.hears("over a socket again");
    expect(await stored(server, "tea")).toEqual(["over a stream", "heard you", "over a socket again"]);
    expect(ben.complaints).toEqual([]);
    await Promise.all([context.close(), ben.close()]);
  },
);
