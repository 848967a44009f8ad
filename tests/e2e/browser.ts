import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { has } from "./needs.ts";

const CHROMIUM = "/usr/bin/chromium";

/** Without these a browser looks for the world outside, which a test has no business with. */
const ARGS = [
  "--no-sandbox",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** Debian's Chromium, or `undefined` where it is not installed. */
export async function openBrowser(): Promise<Browser & AsyncDisposable | undefined> {
  if (!await has(CHROMIUM, "--version")) return undefined;
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  return Object.assign(browser, { [Symbol.asyncDispose]: () => browser.close() });
}

/** A page with what it complained of. */
export interface Window {
  readonly page: Page;
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** Opens a page in a browser profile of its own. */
export async function openWindow(
  browser: Browser,
  url: string,
  context: BrowserContextOptions = {},
): Promise<Window> {
  const profile = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...context });
  const page = await profile.newPage();
  const complaints: string[] = [];
  listenTo(page, complaints);
  await page.goto(url);
  return { page, complaints, close: () => profile.close() };
}

function listenTo(page: Page, complaints: string[]): void {
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // a server that is down on purpose makes the browser say so; the page has no part in it
    if (
      message.type() === "error" &&
      !/ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|WebSocket connection/.test(message.text())
    ) {
      complaints.push(message.text());
    }
  });
}

/** A person at the chat page: a browser profile of their own, the page open, a name given. */
export class Person {
  readonly page: Page;
  /** what the page complained of */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    listenTo(page, this.complaints);
  }

  static async enter(
    browser: Browser,
    url: string,
    options: { name: string; room: string; context?: BrowserContextOptions },
  ): Promise<Person> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options.context });
    const person = new Person(await context.newPage());
    await person.page.goto(`${url}/chat?room=${options.room}`);
    await person.page.getByTestId("name-input").fill(options.name);
    await person.page.getByTestId("name-submit").click();
    await person.page.getByTestId("composer").waitFor();
    return person;
  }

  async say(text: string): Promise<void> {
    await this.page.getByTestId("composer").fill(text);
    await this.page.getByTestId("composer").press("Enter");
  }

  message(text: string) {
    return this.page.getByTestId("message").filter({ hasText: text });
  }

  async hears(text: string): Promise<void> {
    await this.message(text).first().waitFor();
  }

  /** The message is marked with this state. */
  async sees(text: string, state: "pending" | "sent" | "read" | "received"): Promise<void> {
    await this.page.locator(`[data-testid="message"][data-state="${state}"]`, { hasText: text }).first()
      .waitFor();
  }

  /** The texts of all messages, top to bottom. */
  async texts(): Promise<string[]> {
    const lines = await this.page.getByTestId("message").locator(".strip").allInnerTexts();
    return lines.map((line) => line.trim());
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
