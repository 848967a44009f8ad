import { expect } from "@std/expect";
import type { BackplaneNews } from "../../src/hub/ports.ts";
import { type KvBackplane, kvBackplane } from "../../src/backplanes/kv.ts";
import { keysBelow } from "../../src/backplanes/kv/keys.ts";
import { Mailbox } from "../../src/backplanes/kv/mailbox.ts";
import { Reader } from "../../src/backplanes/kv/reader.ts";
import { backplaneContract } from "../contract/backplane_contract.ts";

const path = await Deno.makeTempFile({ prefix: "denbun-", suffix: ".kv" });
const open = () => Deno.openKv(path);
addEventListener("unload", () => Deno.removeSync(path));

/** All ends of each channel that are open. */
const channels = new Map<string, Set<KvBackplane>>();

backplaneContract("kv", async (prefix) => {
  const ends = channels.get(prefix) ?? new Set();
  channels.set(prefix, ends);
  const end = kvBackplane({ open, prefix });
  ends.add(end);
  await everybodyKnowsEverybody(ends);
  return end;
});

async function everybodyKnowsEverybody(ends: ReadonlySet<KvBackplane>): Promise<void> {
  while ([...ends].some(({ others }) => others < ends.size - 1)) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Resolves with the first news that are as wanted. */
function heard(end: KvBackplane, isSo: (news: BackplaneNews) => boolean): Promise<BackplaneNews> {
  const { promise, resolve } = Promise.withResolvers<BackplaneNews>();
  const stop = end.subscribe((news) => {
    if (!isSo(news as BackplaneNews)) return;
    stop();
    resolve(news as BackplaneNews);
  });
  return promise;
}

const hint = (offset: number): BackplaneNews => ({ kind: "hint", roomId: "tea", epoch: "e", offset });

async function pair(
  prefix: string,
  opening: () => Promise<Deno.Kv> = open,
): Promise<[KvBackplane, KvBackplane]> {
  const ends: [KvBackplane, KvBackplane] = [
    kvBackplane({ open: opening, prefix }),
    kvBackplane({ open: opening, prefix }),
  ];
  await everybodyKnowsEverybody(new Set(ends));
  return ends;
}

/** A database some of whose methods are others. */
function withOther(kv: Deno.Kv, methods: Partial<Deno.Kv>): Deno.Kv {
  return new Proxy(kv, {
    get(target, name) {
      const value = Reflect.get(name in methods ? methods : target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** What mailboxes are read by, at a time that the test sets. */
async function readerOfMailboxes() {
  const kv = await Deno.openKv(":memory:");
  const keys = keysBelow("news");
  const heard: unknown[] = [];
  const time = { nowMs: 0 };
  const reader = new Reader(keys, "reader", (news) => void heard.push(news), () => time.nowMs);
  const mailbox = (nodeId: string) =>
    new Mailbox({ kv: Promise.resolve(kv), keys, nodeId, anybodyThere: () => true });
  await reader.look(kv);
  return { kv, heard, time, reader, mailbox };
}

async function write(mailbox: Mailbox, news: BackplaneNews): Promise<void> {
  mailbox.add(news);
  await mailbox.empty();
}

Deno.test("backplane kv: news that are larger than a value, or than a commit, arrive whole", async () => {
  const [here, there] = await pair("large");
  for (const characters of [100_000, 900_000]) {
    const json = JSON.stringify("電".repeat(characters / 3));
    const arrived = heard(there, ({ kind }) => kind === "ephemeral");
    here.publish({ kind: "ephemeral", roomId: "tea", json });
    expect(await arrived).toEqual({ kind: "ephemeral", roomId: "tea", json });
  }
  await Promise.all([here.close(), there.close()]);
});

Deno.test("backplane kv: where watching brings nothing, as between processes, the bell is looked at", async () => {
  const deaf = async () => {
    const kv = await open();
    let end = () => {};
    const never = () =>
      new ReadableStream({
        start: (controller) => void (end = () => controller.close()),
        cancel: () => end(),
      });
    return withOther(kv, { watch: never as Deno.Kv["watch"] });
  };
  const [here, there] = await pair("deaf", deaf);
  const arrived = heard(there, ({ kind }) => kind === "hint");
  here.publish(hint(7));
  expect(await arrived).toEqual(hint(7));
  await Promise.all([here.close(), there.close()]);
});

Deno.test("backplane kv: of state that is latest-wins the newest goes, of events each", async () => {
  const [here, there] = await pair("latest");
  const arrived: string[] = [];
  there.subscribe((news) => {
    const { kind, json } = news as { kind: string; json: string };
    if (kind === "ephemeral") arrived.push(json);
  });
  const last = heard(there, ({ kind }) => kind === "hint");
  for (let n = 1; n <= 100; n++) {
    here.publish({ kind: "ephemeral", roomId: "game", json: String(n), key: "state" });
    if (n % 50 === 0) here.publish({ kind: "ephemeral", roomId: "game", json: `event ${n}` });
  }
  here.publish(hint(1));
  await last;
  expect(arrived).toEqual(["event 50", "100", "event 100"]);
  await Promise.all([here.close(), there.close()]);
});

Deno.test("backplane kv: a node that is alone stores no news, and leaves nothing behind", async () => {
  const kv = await open();
  const count = async (...key: string[]) =>
    (await Array.fromAsync(kv.list({ prefix: ["alone", ...key] }))).length;
  const only = kvBackplane({ open, prefix: "alone" });
  for (let offset = 1; offset <= 50; offset++) only.publish(hint(offset));
  while (await count("mailbox") === 0);
  expect(await count("news")).toBe(0);
  await only.close();
  expect(await count("mailbox")).toBe(0);
  kv.close();
});

Deno.test("backplane kv: who comes later is greeted, and keeps no more than the newest news", async () => {
  const kv = await open();
  const first = kvBackplane({ open, prefix: "late" });
  first.publish({ kind: "node", nodeId: "first" });
  while ((await Array.fromAsync(kv.list({ prefix: ["late", "mailbox"] }))).length === 0);
  const second = kvBackplane({ open, prefix: "late" });
  expect(await heard(second, ({ kind }) => kind === "node")).toEqual({ kind: "node", nodeId: "first" });
  for (let offset = 1; offset <= 200; offset++) {
    const arrived = heard(second, (news) => news.kind === "hint" && news.offset === offset);
    first.publish(hint(offset));
    // each in a commit of its own
    await arrived;
  }
  expect((await Array.fromAsync(kv.list({ prefix: ["late", "news"] }))).length).toBeLessThanOrEqual(65);
  await Promise.all([first.close(), second.close()]);
  kv.close();
});

Deno.test("backplane kv: what is not its own, or damaged, disturbs nobody", async () => {
  const [here, there] = await pair("damage");
  const kv = await open();
  await kv.set(["damage", "mailbox", "stranger"], 3);
  await kv.set(["damage", "news", "stranger", 2], [new TextEncoder().encode("{not json"), true]);
  await kv.set(["damage", "news", "stranger", 3], [new TextEncoder().encode('{"kind":"hint"}'), true]);
  const arrived = heard(there, ({ kind }) => kind === "hint");
  here.publish(hint(1));
  expect(await arrived).toEqual(hint(1));
  await Promise.all([here.close(), there.close()]);
  kv.close();
});

Deno.test("backplane kv: a database that cannot be opened is tried again, and closing does not wait for it", async () => {
  let attempts = 0;
  const absent = kvBackplane({ open: () => Promise.reject(new Error(`attempt ${++attempts}`)) });
  absent.publish(hint(1));
  await absent.close();
  expect(attempts).toBe(1);
  const late = () => ++attempts < 3 ? Promise.reject(new Error("not yet")) : open();
  const [here, there] = await pair("reopened", late);
  await Promise.all([here.close(), there.close()]);
});

Deno.test("backplane kv: a database that cannot be read at the start is read once it can be", async () => {
  // more than are made in one go
  let failures = 10;
  const ailing = async () => {
    const kv = await open();
    const list = ((selector) => {
      if (failures-- > 0) throw new Error("not yet");
      return kv.list(selector);
    }) as Deno.Kv["list"];
    return withOther(kv, { list });
  };
  const healthy = kvBackplane({ open, prefix: "ailing" });
  const ill = kvBackplane({ open: ailing, prefix: "ailing" });
  await everybodyKnowsEverybody(new Set([healthy, ill]));
  expect(failures).toBeLessThan(0);
  const arrived = heard(ill, ({ kind }) => kind === "hint");
  healthy.publish(hint(7));
  expect(await arrived).toEqual(hint(7));
  await Promise.all([healthy.close(), ill.close()]);
});

Deno.test("backplane kv: a node that fell silent is none any more, and what it said is not heard again", async () => {
  const { kv, heard, time, reader, mailbox } = await readerOfMailboxes();
  const silent = mailbox("silent");
  await write(silent, hint(1));
  await reader.look(kv);
  expect([reader.others, heard]).toEqual([1, [hint(1)]]);
  // its mailbox is still there: the database keeps it for a minute
  time.nowMs += 31_000;
  for (let look = 1; look <= 3; look++) {
    await reader.look(kv);
    expect([reader.others, heard]).toEqual([0, [hint(1)]]);
  }
  await write(silent, hint(2));
  await reader.look(kv);
  expect([reader.others, heard]).toEqual([1, [hint(1), hint(2)]]);
  kv.close();
});

Deno.test("backplane kv: what could not be read is read by the next look, and nothing of it twice", async () => {
  const { kv, heard, reader, mailbox } = await readerOfMailboxes();
  await Promise.all([write(mailbox("one"), hint(1)), write(mailbox("two"), hint(2))]);
  let troubles = 1;
  const list = ((selector: Deno.KvListSelector) => {
    if ("start" in selector && selector.start[2] === "one" && troubles-- > 0) throw new Error("locked");
    return kv.list(selector);
  }) as Deno.Kv["list"];
  const ailing = withOther(kv, { list });
  await expect(reader.look(ailing)).rejects.toThrow("locked");
  await reader.look(ailing);
  expect(heard).toEqual([hint(2), hint(1)]);
  kv.close();
});
