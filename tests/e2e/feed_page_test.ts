import { expect } from "@std/expect";
import type { Page } from "playwright-core";
import { violations } from "./accessibility.ts";
import { openBrowser, openWindow } from "./browser.ts";
import { Server } from "./server.ts";
import { tempFolder } from "./temp_folder.ts";

// the browser's driver keeps handles of its own between tests
const options = { sanitizeOps: false, sanitizeResources: false };

const offsets = (page: Page) =>
  page.getByTestId("line").evaluateAll((lines) =>
    lines.map((line) => Number((line as unknown as { dataset: { offset: string } }).dataset.offset))
  );

Deno.test(
  "[M32] the feed: two windows see the same log, without a gap, over a server that dies",
  options,
  async () => {
    await using browser = await openBrowser();
    if (!browser) return;
    await using folder = await tempFolder();
    await using server = await Server.start({ env: { DATA_DIR: folder.path } });
    const one = await openWindow(browser, `${server.url}/feed`);
    await one.page.getByTestId("line").nth(1).waitFor();
    const other = await openWindow(browser, `${server.url}/feed`);
    await other.page.locator('[data-testid="price"][data-symbol="TEA"]').waitFor();
    await other.page.getByTestId("line").nth(2).waitFor();

    await server.kill("SIGKILL");
    await one.page.getByTestId("banner").waitFor();
    const [before] = (await offsets(one.page)).slice(-1);
    await server.restart();
    for (const { page } of [one, other]) {
      await page.locator(`[data-testid="line"][data-offset="${before! + 3}"]`).waitFor();
      await page.getByTestId("banner").waitFor({ state: "detached" });
      const seen = await offsets(page);
      expect(seen).toEqual(seen.map((_, n) => seen[0]! + n));
      expect(await page.getByTestId("received").getAttribute("data-missed")).toBe("0");
    }
    expect((await offsets(one.page))[0]).toBe(1);
    expect(await one.page.getByTestId("pace").getAttribute("data-behind")).toBe("false");
    await one.page.getByTestId("open-how").click();
    await one.page.getByTestId("how").waitFor();
    expect(await violations(one.page)).toEqual([]);
    await one.page.keyboard.press("Escape");
    expect(await violations(one.page)).toEqual([]);
    expect([...one.complaints, ...other.complaints]).toEqual([]);
    await Promise.all([one.close(), other.close()]);
  },
);
