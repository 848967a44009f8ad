import { expect } from "@std/expect";
import { violations } from "./accessibility.ts";
import { openBrowser, openWindow } from "./browser.ts";
import { Server } from "./server.ts";

// the browser's driver keeps handles of its own between tests
const options = { sanitizeOps: false, sanitizeResources: false };
const KEY = "the-key-of-our-servers-of-32-bytes";

Deno.test(
  "[M22] notifications: live in two windows of one user, read in step, there after being away",
  options,
  async () => {
    await using browser = await openBrowser();
    if (!browser) return;
    await using server = await Server.start({ env: { STORE: "memory", API_KEY: KEY } });
    const address = `${server.url}/notify`;
    const first = await openWindow(browser, address);
    const second = { page: await first.page.context().newPage() };
    await second.page.goto(address);
    await second.page.getByTestId("send").waitFor();
    await first.page.getByTestId("title").fill("The first one");
    await first.page.getByTestId("send").click();
    for (const { page } of [first, second]) {
      await page.getByTestId("notice").filter({ hasText: "The first one" }).waitFor();
      await page.locator('[data-testid="unread"][data-unread="1"]').waitFor();
      // after the drawing, which a window that is not in front takes its time for
      await page.waitForFunction(`document.title.startsWith("(1) ")`, undefined, { polling: 50 });
    }
    expect(await violations(first.page)).toEqual([]);
    await second.page.getByTestId("mark-all").click();
    await first.page.locator('[data-testid="unread"][data-unread="0"]').waitFor();
    await first.page.locator('[data-testid="notice"][data-new="false"]').waitFor();

    // what one device reads while another is cut off is read there, too, when it is back
    const { userId } = await first.page.evaluate(async () => await (await fetch("api/session")).json());
    const post = async (path: string, content: object) => {
      const { status, body } = await fetch(`${server.url}/api/users/${userId}/${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
        body: JSON.stringify(content),
      });
      await body?.cancel();
      return status;
    };
    const device = await browser.newContext({ storageState: await first.page.context().storageState() });
    const away = await device.newPage();
    await away.goto(address);
    await post("notifications", { title: "The second one" });
    await away.locator('[data-testid="unread"][data-unread="1"]').waitFor();
    let isCut = true;
    await device.route("**/api/notifications*", (route) => isCut ? route.abort() : route.continue());
    await post("disconnect", {});
    await away.getByTestId("banner").waitFor();
    await first.page.getByTestId("mark-all").click();
    await first.page.locator('[data-testid="unread"][data-unread="0"]').waitFor();
    isCut = false;
    await away.locator('[data-testid="unread"][data-unread="0"]').waitFor();
    await device.close();

    // both windows go; the application's server posts meanwhile, more than a page of it
    await first.page.goto("about:blank");
    await second.page.goto("about:blank");
    for (let n = 1; n <= 22; n++) {
      expect(await post("notifications", { title: `While away ${n}`, url: "/orders/42" })).toBe(201);
    }
    await first.page.goto(address);
    await first.page.locator('[data-testid="unread"][data-unread="22"]').waitFor();
    const shown = () =>
      first.page.getByTestId("notice").evaluateAll((all) =>
        all.map((one) => Number((one as unknown as { dataset: { offset: string } }).dataset.offset))
      );
    // the newest first; the stream brings what is unread, and the rest is asked for
    expect((await shown())[0]).toBe(24);
    while (await first.page.getByTestId("older").count() > 0) {
      const before = (await shown()).length;
      await first.page.getByTestId("older").click();
      await first.page.getByTestId("notice").nth(before).waitFor();
    }
    expect(await shown()).toEqual(Array.from({ length: 24 }, (_, n) => 24 - n));
    expect(first.complaints).toEqual([]);
    await first.close();
  },
);
