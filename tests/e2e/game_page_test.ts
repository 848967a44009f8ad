import { expect } from "@std/expect";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { unpack } from "../../src/protocol/codecs/msgpack.ts";
import { until } from "../chaos/until.ts";
import { violations } from "./accessibility.ts";
import { openBrowser, openWindow, type Window } from "./browser.ts";
import { looking } from "./looking.ts";
import { freePort, Server } from "./server.ts";
import { tempFolder } from "./temp_folder.ts";

// the browser's driver keeps handles of its own between tests
const options = { sanitizeOps: false, sanitizeResources: false };
const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
  deviceScaleFactor: 2,
};

/** As long as a name may be. */
const LONG_NAME = `Aiko ${"Donaudampfschifffahrt".repeat(3)}`.slice(0, 64);

/** By how many pixels the list of players is wider than its place. */
function overflow(page: Page): Promise<number> {
  return page.getByTestId("ranking").evaluate((list) => {
    const { scrollWidth, clientWidth } = list as unknown as { scrollWidth: number; clientWidth: number };
    return scrollWidth - clientWidth;
  });
}

Deno.test(
  "[M25] two play in two windows on two isolates, by stick and by keys; the owner dies and the game goes on",
  options,
  async () => {
    await using browser = await openBrowser();
    if (!browser) return;
    await using folder = await tempFolder();
    const control = freePort();
    const env = { WORKERS: "2", DATA_DIR: folder.path, CONTROL_PORT: String(control) };
    await using server = await Server.start({ env, main: "tests/e2e/fragile_main.ts", provokesErrors: true });

    const url = `${server.url}/game?room=tea`;
    const aiko = await Player.enter(browser, url, LONG_NAME, PHONE);
    expect(await overflow(aiko.page)).toBe(0);
    expect(await violations(aiko.page)).toEqual([]);
    // whoever is the first owns the game; the other one is to be on the other isolate
    let visits = 1;
    let ben = await Player.enter(browser, url, "Ben 1");
    while (ben.nodeId === aiko.nodeId) {
      await ben.window.close();
      ben = await Player.enter(browser, url, `Ben ${++visits}`);
    }
    expect(await violations(ben.page)).toEqual([]);
    const term = await ben.term();
    await Promise.all([aiko.sees(ben.name), ben.sees(LONG_NAME)]);

    // a stamp at rest is moved by a bot at most: here it crosses the middle, twice
    await ben.walks("ArrowLeft", (x) => x < -300, aiko);
    await ben.walks("ArrowRight", (x) => x > 300, aiko);
    await aiko.pushesStick(ben);

    await playsInOneWindow(ben, url);

    await (await fetch(`http://127.0.0.1:${control}/${aiko.nodeId}`, { method: "POST" })).text();
    await until("the isolate is dead", () => server.lines.some(({ event }) => event === "isolate_died"));
    await ben.seesTermAbove(term);
    await ben.page.locator('[data-testid="board"]:not([data-word="moving"])').waitFor();
    await ben.walks("ArrowLeft", (x) => x < -300, aiko);
    expect([...aiko.window.complaints, ...ben.window.complaints]).toEqual([]);
    await Promise.all([aiko.window.close(), ben.window.close()]);
  },
);

/** Opens the game in a second window, which takes over, and goes back to the first one. */
async function playsInOneWindow({ page, window }: Player, url: string): Promise<void> {
  const second = await page.context().newPage();
  await second.goto(url);
  await page.getByTestId("play-here").waitFor();
  // who is not looked at is not drawn, and says nothing
  await page.bringToFront();
  expect(await second.getByTestId("play-here").count()).toBe(0);
  await page.getByTestId("play-here").click();
  await second.getByTestId("play-here").waitFor();
  await page.getByTestId("play-here").waitFor({ state: "detached" });
  await second.close();
  expect(window.complaints).toEqual([]);
}

/** Somebody at the game. */
class Player {
  readonly name: string;
  readonly window: Window;
  /** the isolate it is connected to */
  nodeId = "";

  private constructor(name: string, window: Window) {
    this.name = name;
    this.window = window;
  }

  static async enter(
    browser: Browser,
    url: string,
    name: string,
    context: BrowserContextOptions = {},
  ): Promise<Player> {
    const player = new Player(name, await openWindow(browser, url, context));
    const { page } = player;
    page.on("websocket", (socket) =>
      socket.on("framereceived", ({ payload }) => {
        if (typeof payload === "string") return;
        const { type, payload: said } = unpack(new Uint8Array(payload), 40) as {
          type: string;
          payload: unknown;
        };
        if (type === "welcome") player.nodeId = (said as { nodeId: string }).nodeId;
      }));
    await page.getByTestId("name-input").fill(name);
    await page.getByTestId("name-submit").click();
    await player.sees(name);
    await until(`${name} is connected`, () => player.nodeId !== "");
    return player;
  }

  get page(): Page {
    return this.window.page;
  }

  async sees(name: string): Promise<void> {
    await this.#row(name).waitFor();
  }

  async term(): Promise<number> {
    return Number(await this.page.getByTestId("board").getAttribute("data-term"));
  }

  async seesTermAbove(term: number): Promise<void> {
    await looking(`the game is above term ${term}`, async () => await this.term() > term);
  }

  /** Where somebody is, as this one sees it. */
  async placeOf(name: string): Promise<number> {
    return Number(await this.#row(name).getAttribute("data-x"));
  }

  /** Holds a key until another one has seen it there. */
  async walks(key: string, isThere: (x: number) => boolean, witness: Player): Promise<void> {
    await this.page.keyboard.down(key);
    await this.#isSeen(isThere, witness);
    await this.page.keyboard.up(key);
  }

  /** Holds the stick to one side, then to the other, until another one has seen it there. */
  async pushesStick(witness: Player): Promise<void> {
    const { x, y, width, height } = (await this.page.getByTestId("stick").boundingBox())!;
    const session = await this.page.context().newCDPSession(this.page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", part?: number) => {
      const touchPoints = part === undefined ? [] : [{ x: x + width * part, y: y + height / 2 }];
      return session.send("Input.dispatchTouchEvent", { type, touchPoints });
    };
    await touch("touchStart", 0.95);
    await this.#isSeen((place) => place > 300, witness);
    await touch("touchMove", 0.05);
    await this.#isSeen((place) => place < -300, witness);
    await touch("touchEnd");
    await session.detach();
  }

  async #isSeen(isThere: (x: number) => boolean, witness: Player): Promise<void> {
    await looking(
      `${witness.name} sees ${this.name} there`,
      async () => isThere(await witness.placeOf(this.name)),
    );
  }

  #row(name: string) {
    return this.page.getByTestId("ranking").locator("li", { hasText: name });
  }
}
