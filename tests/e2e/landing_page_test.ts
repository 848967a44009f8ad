import { expect } from "@std/expect";
import { violations } from "./accessibility.ts";
import { openBrowser, openWindow } from "./browser.ts";
import { Server } from "./server.ts";

// the browser's driver keeps handles of its own between tests
const options = { sanitizeOps: false, sanitizeResources: false };

Deno.test("the first page leads to every other one, and anybody can use it", options, async () => {
  await using browser = await openBrowser();
  if (!browser) return;
  await using server = await Server.start({ env: { STORE: "memory" } });
  const { page, complaints, close } = await openWindow(browser, `${server.url}/`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  expect(await violations(page)).toEqual([]);
  const ways = await page.locator(".ways a").evaluateAll((links) =>
    links.map((link) => (link as unknown as { href: string }).href)
  );
  expect(ways).toContain(`${server.url}/chat`);
  for (const way of ways) {
    const answer = await fetch(way);
    await answer.body?.cancel();
    expect([way, answer.status]).toEqual([way, 200]);
  }
  const check = (id: string, says: string) =>
    page.locator(`[data-testid="check"][data-id="${id}"][data-says="${says}"]`).waitFor();
  for (const [id, says] of [["auth", "guests"], ["store", "memory"], ["limits", "on"]] as const) {
    await check(id, says);
  }
  await page.getByTestId("open-menu").click();
  await page.getByRole("dialog").waitFor();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await page.getByTestId("open-how").click();
  await page.getByTestId("how").waitFor();
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await close();
});
