import { expect } from "@std/expect";
import type { WebSocketRoute } from "playwright-core";
import { openBrowser, Person } from "./browser.ts";
import { Server } from "./server.ts";
import { tempFolder } from "./temp_folder.ts";

// the browser's driver keeps handles of its own between tests
const options = { sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "[M11] a page that loses its network says so, and is back at once when it returns",
  options,
  async () => {
    await using browser = await openBrowser();
    if (!browser) return;
    await using folder = await tempFolder();
    await using server = await Server.start({ env: { DATA_DIR: folder.path } });
    const ben = await Person.enter(browser, server.url, { name: "Ben", room: "tea" });
    const aiko = await Person.enter(browser, server.url, { name: "Aiko", room: "tea" });
    const context = aiko.page.context();
    let socket: WebSocketRoute | undefined;
    await context.routeWebSocket("**/ws*", (route) => {
      socket = route;
      route.connectToServer();
    });
    await aiko.page.reload();
    await aiko.page.getByTestId("composer").waitFor();
    await aiko.say("before");
    await ben.hears("before");

    await context.setOffline(true);
    await socket!.close();
    await aiko.page.locator('[data-testid="banner"][data-state="offline"]').waitFor();
    await aiko.say("said without a network");
    await aiko.sees("said without a network", "pending");
    await ben.say("meanwhile");

    await context.setOffline(false);
    await ben.hears("said without a network");
    await aiko.hears("meanwhile");
    await aiko.page.getByTestId("banner").waitFor({ state: "detached" });
    expect((await aiko.texts()).toSorted()).toEqual(["before", "meanwhile", "said without a network"]);
    expect(await aiko.texts()).toEqual(await ben.texts());
    await Promise.all([aiko.close(), ben.close()]);
  },
);

Deno.test("[J2] two tabs of one person are one user, and both show what either says", options, async () => {
  await using browser = await openBrowser();
  if (!browser) return;
  await using folder = await tempFolder();
  await using server = await Server.start({ env: { DATA_DIR: folder.path } });
  const ben = await Person.enter(browser, server.url, { name: "Ben", room: "tea" });
  const aiko = await Person.enter(browser, server.url, { name: "Aiko", room: "tea" });
  const second = await aiko.page.context().newPage();
  await second.goto(`${server.url}/chat?room=tea`);
  await second.getByTestId("composer").fill("from the second tab");
  await second.getByTestId("composer").press("Enter");
  await aiko.hears("from the second tab");
  await aiko.say("from the first");
  await second.getByTestId("message").filter({ hasText: "from the first" }).waitFor();
  await ben.hears("from the first");
  expect(await ben.page.locator('[data-testid="users"]').first().getAttribute("data-count")).toBe("2");
  expect(await aiko.texts()).toEqual(["from the second tab", "from the first"]);
  await second.close();
  await aiko.say("still here");
  await ben.hears("still here");
  expect(await ben.page.locator('[data-testid="users"]').first().getAttribute("data-count")).toBe("2");
  expect([...aiko.complaints, ...ben.complaints]).toEqual([]);
  await Promise.all([aiko.close(), ben.close()]);
});
