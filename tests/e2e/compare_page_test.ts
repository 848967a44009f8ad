import { expect } from "@std/expect";
import type { Page } from "playwright-core";
import { violations } from "./accessibility.ts";
import { openBrowser, openWindow } from "./browser.ts";
import { Server } from "./server.ts";

// the browser's driver keeps handles of its own between tests
const options = { sanitizeOps: false, sanitizeResources: false };
const WAYS = ["polling", "longPolling", "sse", "webSocket"];

/** What a card says of one of its figures. */
async function figure(page: Page, way: string, name: string): Promise<number> {
  const card = page.locator(`[data-testid="way"][data-way="${way}"]`);
  return Number(await card.getAttribute(`data-${name}`));
}

/** Waits until a figure of each way is above 0. */
async function counted(page: Page, name: string): Promise<void> {
  for (const way of WAYS) {
    await page.locator(`[data-testid="way"][data-way="${way}"][data-${name}]:not([data-${name}="0"])`)
      .waitFor();
  }
}

Deno.test(
  "[M7] the comparison: four ways read one stream, in two windows; a cut costs none a message",
  options,
  async () => {
    await using browser = await openBrowser();
    if (!browser) return;
    await using server = await Server.start({ env: { STORE: "memory" } });
    const windows = await Promise.all([1, 2].map(() => openWindow(browser, `${server.url}/compare`)));
    for (const { page } of windows) {
      // polls every second, so that the test need not wait for one
      await page.getByTestId("pollEveryMs").press("Home");
      await counted(page, "received");
      await counted(page, "p50");
    }
    const { page } = windows[0]!;
    await page.getByTestId("cut").click();
    await counted(page, "caught-up");
    for (const way of WAYS) expect([way, await figure(page, way, "missing")]).toEqual([way, 0]);
    expect(await figure(windows[1]!.page, "webSocket", "caught-up")).toBe(0);
    expect(await figure(page, "polling", "p50")).toBeGreaterThan(await figure(page, "webSocket", "p50"));
    expect(await violations(page)).toEqual([]);
    expect(windows.flatMap(({ complaints }) => complaints)).toEqual([]);
    await Promise.all(windows.map((one) => one.close()));
  },
);
