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

    // both windows go; the application's server posts meanwhile, more than a page of it
    const { userId } = await first.page.evaluate(async () => await (await fetch("api/session")).json());
    await first.page.goto("about:blank");
    await second.page.goto("about:blank");
    for (let n = 1; n <= 22; n++) {
      const answer = await fetch(`${server.url}/api/users/${userId}/notifications`, {
        method: "POST",
        headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
        body: JSON.stringify({ title: `While away ${n}`, url: "/orders/42" }),
      });
      expect(answer.status).toBe(201);
      await answer.body?.cancel();
    }
    await first.page.goto(address);
    await first.page.locator('[data-testid="unread"][data-unread="22"]').waitFor();
    const shown = () =>
      first.page.getByTestId("notice").evaluateAll((all) =>
        all.map((one) => Number((one as unknown as { dataset: { offset: string } }).dataset.offset))
      );
    // the newest first; the stream brings what is unread, and the rest is asked for
    expect((await shown())[0]).toBe(23);
    while (await first.page.getByTestId("older").count() > 0) {
      const before = (await shown()).length;
      await first.page.getByTestId("older").click();
      await first.page.getByTestId("notice").nth(before).waitFor();
    }
    expect(await shown()).toEqual(Array.from({ length: 23 }, (_, n) => 23 - n));
    expect(first.complaints).toEqual([]);
    await first.close();
  },
);
