import { expect } from "@std/expect";
import type { Page } from "playwright-core";
import { violations } from "./accessibility.ts";
import { openBrowser, openWindow } from "./browser.ts";
import { RawClient } from "./raw_client.ts";
import { Server } from "./server.ts";
import { tempFolder } from "./temp_folder.ts";

// the browser's driver keeps handles of its own between tests
const options = { sanitizeOps: false, sanitizeResources: false };
const KEY = "the-key-of-our-servers-of-32-bytes";

const value = (page: Page, name: string, of: string) =>
  page.locator(`[data-testid="value"][data-name="${name}"][data-value="${of}"]`);

Deno.test(
  "[M23] the dashboard: two windows, two isolates, one sum; an application's series; drawn",
  options,
  async () => {
    await using browser = await openBrowser();
    if (!browser) return;
    await using folder = await tempFolder();
    await using server = await Server.start({
      env: { DATA_DIR: folder.path, WORKERS: "2", API_KEY: KEY },
    });
    const one = await openWindow(browser, `${server.url}/dashboard`);
    const other = await openWindow(browser, `${server.url}/dashboard`);
    const sockets = await Promise.all(Array.from({ length: 5 }, () => RawClient.open(server.ws)));
    for (const { page } of [one, other]) {
      await value(page, "connectionsWebsocket", "5").waitFor();
      await value(page, "connectionsSse", "2").waitFor();
      await page.locator('[data-testid="value"][data-name="cpuPercent"][data-value]').waitFor();
    }
    await Promise.all(sockets.map((socket) => socket.close()));
    await value(one.page, "connectionsWebsocket", "0").waitFor();

    const pushed = await fetch(`${server.url}/api/dashboard`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
      body: JSON.stringify({ source: "orders", values: { open: 12 } }),
    });
    expect(pushed.status).toBe(202);
    await pushed.body?.cancel();
    for (const { page } of [one, other]) await value(page, "open", "12").waitFor();
    expect(await one.page.locator(".chart canvas").count()).toBe(8);
    expect(await violations(one.page)).toEqual([]);
    expect([...one.complaints, ...other.complaints]).toEqual([]);
    await Promise.all([one.close(), other.close()]);
  },
);
