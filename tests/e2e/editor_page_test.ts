import { expect } from "@std/expect";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { violations } from "./accessibility.ts";
import { openBrowser, openWindow, type Window } from "./browser.ts";
import { looking } from "./looking.ts";
import { Server } from "./server.ts";
import { tempFolder } from "./temp_folder.ts";

// the browser's driver keeps handles of its own between tests
const options = { sanitizeOps: false, sanitizeResources: false };

/** Somebody at a document, with a browser profile of their own. */
class Writer {
  readonly window: Window;
  readonly page: Page;

  private constructor(window: Window) {
    this.window = window;
    this.page = window.page;
  }

  static async enter(browser: Browser, url: string, name: string): Promise<Writer> {
    const writer = new Writer(await openWindow(browser, `${url}/editor?doc=plan`));
    await writer.page.getByTestId("name-input").fill(name);
    await writer.page.getByTestId("name-submit").click();
    await writer.page.getByTestId("person").filter({ hasText: name }).waitFor();
    await writer.level();
    return writer;
  }

  get context(): BrowserContext {
    return this.page.context();
  }

  get text() {
    return this.page.locator('[data-testid="writing"] .cm-content');
  }

  /** Everything is here and everything is stored. */
  async level(): Promise<void> {
    await this.page.locator('[data-testid="status"][data-synced="true"][data-saved="true"]').waitFor();
  }

  async away(): Promise<void> {
    await this.page.locator('[data-testid="status"][data-synced="false"]').waitFor();
  }

  /** Types at the end. */
  async types(text: string): Promise<void> {
    await this.text.click();
    await this.page.keyboard.press("Control+End");
    await this.page.keyboard.type(text);
  }

  /** Waits until the text is so: the lines, without what others' carets show. */
  async reads(text: string): Promise<void> {
    await this.page.waitForFunction((expected) => written() === expected, text, POLLING).catch(async () => {
      expect(await this.page.evaluate(() => written())).toBe(text);
    });
  }

  /** Waits until this is true in the page. */
  async until(isSo: () => boolean): Promise<void> {
    await this.page.waitForFunction(isSo, undefined, POLLING);
  }

  async wrote(): Promise<string> {
    return await this.page.evaluate(() => written());
  }

  async close(): Promise<void> {
    expect(this.window.complaints).toEqual([]);
    await this.window.close();
  }
}

/** A window behind another one draws no frames to look at. */
const POLLING = { polling: 50 };

/** How many changes of the document this browser keeps. */
const KEPT = `new Promise((resolve) => {
  indexedDB.open("denbun document plan").onsuccess = ({ target: { result } }) => {
    result.transaction("updates").objectStore("updates").count().onsuccess = ({ target }) => {
      result.close();
      resolve(target.result);
    };
  };
})`;

/** Defined in the page by `prepare`. */
declare function written(): string;

async function enter(browser: Browser, url: string, name: string): Promise<Writer> {
  const writer = await Writer.enter(browser, url, name);
  await prepare(writer.page);
  return writer;
}

/** What is written, without carets of others. */
async function prepare(page: Page): Promise<void> {
  await page.evaluate(() => {
    const inside = globalThis as unknown as {
      document: {
        querySelector(
          selector: string,
        ): { shadowRoot: { querySelectorAll(selector: string): Iterable<Line> } };
      };
      written: () => string;
    };
    interface Line {
      cloneNode(deep: boolean): Line;
      querySelectorAll(selector: string): Iterable<{ remove(): void }>;
      textContent: string;
    }
    inside.written = () => {
      const lines = inside.document.querySelector('[data-testid="writing"]').shadowRoot.querySelectorAll(
        ".cm-line",
      );
      return [...lines].map((line) => {
        const copy = line.cloneNode(true);
        for (const other of copy.querySelectorAll(".remote-caret, .cm-placeholder")) other.remove();
        return copy.textContent;
      }).join("\n");
    };
  });
}

Deno.test(
  "[M24] two windows write one document: they converge, offline work is merged, undo is one's own",
  options,
  async () => {
    await using browser = await openBrowser();
    if (!browser) return;
    await using folder = await tempFolder();
    await using server = await Server.start({ env: { DATA_DIR: folder.path } });
    const aiko = await enter(browser, server.url, "Aiko");
    const ben = await enter(browser, server.url, "Ben");
    await aiko.page.locator('[data-testid="people"][data-count="2"]').waitFor();

    await aiko.types("Tea at ten. ");
    await ben.reads("Tea at ten. ");
    // both at once
    await Promise.all([aiko.types("aaaa"), ben.types("bbbb")]);
    await Promise.all([aiko.level(), ben.level()]);
    await aiko.until(() => written().length === "Tea at ten. aaaabbbb".length);
    await ben.reads(await aiko.wrote());

    // each sees where the other is, under the other's name
    await ben.page.locator('[data-testid="writing"] .remote-caret[data-name="Aiko"]').waitFor();
    await aiko.page.locator('[data-testid="writing"] .remote-caret[data-name="Ben"]').waitFor();

    // undo takes back one's own, whatever others wrote after it
    await aiko.types(" mine");
    await aiko.level();
    await ben.until(() => written().endsWith(" mine"));
    await ben.types(" theirs");
    await aiko.until(() => written().endsWith(" mine theirs"));
    await aiko.page.getByTestId("undo").click();
    await ben.until(() => !written().includes("mine") && written().includes("theirs"));

    await aiko.page.getByTestId("title").fill("Plan");
    await ben.until(() =>
      (globalThis as unknown as { document: { querySelector(s: string): { value: string } } })
        .document.querySelector('[data-testid="title"]').value === "Plan"
    );

    // one without a network goes on, and what both wrote is there when it is back
    await ben.context.setOffline(true);
    await ben.away();
    await ben.types(" [offline]");
    await aiko.types(" [meanwhile]");
    await aiko.level();
    await ben.context.setOffline(false);
    await ben.until(() => written().includes("[offline]") && written().includes("[meanwhile]"));
    await ben.level();
    await aiko.reads(await ben.wrote());

    // what is behind another window is not drawn anew when the theme changes
    await aiko.page.bringToFront();
    expect(await violations(aiko.page)).toEqual([]);
    await aiko.page.getByTestId("open-how").click();
    await aiko.page.getByTestId("how").waitFor();
    expect(await violations(aiko.page)).toEqual([]);
    await Promise.all([aiko.close(), ben.close()]);
  },
);

Deno.test(
  "[M24] what is written while the server is away outlives the window, and a server that dies",
  options,
  async () => {
    await using browser = await openBrowser();
    if (!browser) return;
    await using folder = await tempFolder();
    await using server = await Server.start({ env: { DATA_DIR: folder.path } });
    const aiko = await enter(browser, server.url, "Aiko");
    await aiko.types("stored, ");
    await aiko.level();
    await server.kill("SIGKILL");
    await aiko.away();
    const before = await aiko.page.evaluate<number>(KEPT);
    await aiko.types("kept");
    // the browser writes what it keeps soon, not at once: each letter is a change
    await looking("all is kept", async () => await aiko.page.evaluate<number>(KEPT) >= before + 4);
    const again = await aiko.context.newPage();
    await server.restart();
    await aiko.page.close();
    await again.goto(`${server.url}/editor?doc=plan`);
    await prepare(again);
    await again.locator('[data-testid="status"][data-synced="true"][data-saved="true"]').waitFor();
    expect(await again.evaluate(() => written())).toBe("stored, kept");
    const ben = await enter(browser, server.url, "Ben");
    await ben.reads("stored, kept");
    await Promise.all([aiko.close(), ben.close()]);
  },
);

Deno.test("[M24] a composition goes on while others write around it", options, async () => {
  await using browser = await openBrowser();
  if (!browser) return;
  await using folder = await tempFolder();
  await using server = await Server.start({ env: { DATA_DIR: folder.path } });
  const aiko = await enter(browser, server.url, "Aiko");
  const ben = await enter(browser, server.url, "Ben");
  await aiko.types("start ");
  await ben.reads("start ");
  const ime = await aiko.context.newCDPSession(aiko.page);
  await aiko.page.bringToFront();
  await aiko.text.click();
  await aiko.page.keyboard.press("Control+End");
  await ime.send("Input.imeSetComposition", { text: "に", selectionStart: 1, selectionEnd: 1 });
  await ime.send("Input.imeSetComposition", { text: "にほん", selectionStart: 3, selectionEnd: 3 });
  await ben.text.click();
  await ben.page.keyboard.press("Control+Home");
  await ben.page.keyboard.type("Ben: ");
  await aiko.until(() => written().startsWith("Ben: start "));
  await ime.send("Input.insertText", { text: "日本" });
  await Promise.all([aiko.reads("Ben: start 日本"), ben.reads("Ben: start 日本")]);
  await Promise.all([aiko.close(), ben.close()]);
});
