import { expect } from "@std/expect";
import { violations } from "./accessibility.ts";
import { openBrowser, Person } from "./browser.ts";
import { RawClient } from "./raw_client.ts";
import { Server } from "./server.ts";
import { tempFolder } from "./temp_folder.ts";

// the browser's driver keeps handles of its own between tests
const options = { sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "[M21] two people chat in the page: messages, typing, who is there, replies, read marks",
  options,
  async () => {
    await using browser = await openBrowser();
    if (!browser) return;
    await using folder = await tempFolder();
    await using server = await Server.start({ env: { DATA_DIR: folder.path } });
    const aiko = await Person.enter(browser, server.url, { name: "Aiko", room: "tea" });
    const ben = await Person.enter(browser, server.url, { name: "Ben", room: "tea" });
    await aiko.page.locator('[data-testid="users"][data-count="2"]').first().waitFor({ state: "attached" });

    await ben.page.getByTestId("composer").pressSequentially("Good mor");
    await aiko.page.locator('[data-testid="typing-line"][data-count="1"]').waitFor();
    expect(await aiko.page.getByTestId("typing-line").innerText()).toContain("Ben");
    await ben.say("Good morning!");
    await aiko.hears("Good morning!");
    await aiko.page.locator('[data-testid="typing-line"][data-count="0"]').waitFor({ state: "attached" });

    await aiko.message("Good morning!").getByTestId("reply-button").click();
    await aiko.say("And to you");
    await ben.hears("And to you");
    expect(await ben.message("And to you").innerText()).toContain("Good morning!");

    // both windows cannot have the focus: the one in front reads
    await ben.page.bringToFront();
    await aiko.sees("And to you", "read");
    expect(await aiko.texts()).toHaveLength(2);
    expect(await violations(aiko.page)).toEqual([]);
    await aiko.page.getByTestId("open-how").click();
    await aiko.page.getByTestId("how").waitFor();
    expect(await violations(aiko.page)).toEqual([]);
    expect([...aiko.complaints, ...ben.complaints]).toEqual([]);
    await Promise.all([aiko.close(), ben.close()]);
  },
);

Deno.test(
  "[M11] the server is killed in mid-conversation: both pages recover, nothing acked is lost or doubled",
  options,
  async () => {
    await using browser = await openBrowser();
    if (!browser) return;
    await using folder = await tempFolder();
    await using server = await Server.start({ env: { DATA_DIR: folder.path } });
    const aiko = await Person.enter(browser, server.url, { name: "Aiko", room: "storm" });
    const ben = await Person.enter(browser, server.url, { name: "Ben", room: "storm" });
    for (let n = 1; n <= 5; n++) {
      await aiko.say(`before ${n}`);
      await ben.hears(`before ${n}`);
    }
    await aiko.sees("before 5", "sent");

    await server.kill("SIGKILL");
    await aiko.page.getByTestId("banner").waitFor();
    await ben.page.getByTestId("banner").waitFor();
    await aiko.say("said while it was down");
    await ben.say("me too");
    await aiko.sees("said while it was down", "pending");
    await server.restart();

    await ben.hears("said while it was down");
    await aiko.hears("me too");
    await aiko.page.getByTestId("banner").waitFor({ state: "detached" });
    await aiko.say("after");
    await ben.hears("after");

    const [seenByAiko, seenByBen] = [await aiko.texts(), await ben.texts()];
    expect(seenByAiko).toEqual(seenByBen);
    expect(seenByAiko.toSorted()).toEqual(
      [
        "after",
        "before 1",
        "before 2",
        "before 3",
        "before 4",
        "before 5",
        "me too",
        "said while it was down",
      ].toSorted(),
    );
    // what the pages show is what the store has, once each and in this order
    const reader = await RawClient.open(server.ws);
    const history = await reader.ask("get_history", { roomId: "storm", limit: 100 });
    expect(history.messages.map((one: { payload: { content: string } }) => one.payload.content)).toEqual(
      seenByAiko,
    );
    await reader.close();
    expect([...aiko.complaints, ...ben.complaints]).toEqual([]);
    await Promise.all([aiko.close(), ben.close()]);
  },
);

Deno.test(
  "[M6] the page and a raw socket are in the same room; markup from anywhere is text",
  options,
  async () => {
    await using browser = await openBrowser();
    if (!browser) return;
    await using folder = await tempFolder();
    await using server = await Server.start({ env: { DATA_DIR: folder.path } });
    const aiko = await Person.enter(browser, server.url, { name: "Aiko", room: "wild" });
    const raw = await RawClient.open(`${server.ws}?name=${encodeURIComponent("<b>Eve</b>")}`);
    await raw.ask("join_room", { roomId: "wild" });
    const attempts = [
      "<img src=x onerror=\"document.title='broken'\">",
      '"><svg onload=alert(1)>',
      "javascript:alert(1)",
      "[click](javascript:alert(1))",
      "</script><script>document.title='broken'</script>",
      'https://example.test/?q=<b>&x="y"',
    ];
    for (const content of attempts) await raw.ask("send_message", { roomId: "wild", content });
    await aiko.page.getByTestId("message").nth(attempts.length - 1).waitFor();
    expect(await aiko.texts()).toEqual(attempts);
    expect(await aiko.page.title()).not.toBe("broken");
    expect(await aiko.page.locator(".strip img, .strip svg, .strip b, .strip script").count()).toBe(0);
    const links = await aiko.page.locator(".strip a").evaluateAll((found) =>
      found.map((link) => link.getAttribute("href"))
    );
    expect(links.every((href) => href?.startsWith("https://example.test/"))).toBe(true);
    await aiko.say("hello, raw one");
    await raw.next((one) => one.type === "new_message" && one.payload.content === "hello, raw one");
    await raw.close();
    expect(aiko.complaints).toEqual([]);
    await aiko.close();
  },
);
