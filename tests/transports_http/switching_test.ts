import { expect } from "@std/expect";
import { fakeIds } from "../harness/ids.ts";
import { Server } from "../e2e/server.ts";
import { tempFolder } from "../e2e/temp_folder.ts";
import { Child } from "./harness/child.ts";
import { type AnyEnvelope, sid, User } from "./harness/mod.ts";
import { Switcher, ways } from "./harness/switcher.ts";

const SWITCHES = 1000;
const PUBLISHERS = 10;
/** A publisher's pause between two messages. */
const PAUSE_MS = 40;
const LONGEST_STAY_MS = 40;

/** A relay under test, however many isolates it runs on. */
interface Target {
  readonly url: string;
  login(name: string): Promise<User>;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function switchThrough(target: Target, seed: number): Promise<void> {
  const roomId = "crossing";
  const random = fakeIds(seed);
  const user = await target.login("switcher");
  const { epoch } = await user.poll(roomId);
  const options = { user, url: target.url, roomId, sid: sid(), start: { epoch, offset: 0 } };
  const switcher = new Switcher(options);

  await using observer = await (await target.login("observer")).stream(`rooms=${roomId}`);
  await observer.until("joined_room");
  const comings: AnyEnvelope[] = [];
  const observing = (async () => {
    for (;;) {
      const { envelope } = await observer.next() ?? {};
      if (!envelope || envelope.payload.content === "the end") return;
      if (/^user_/.test(envelope.type)) comings.push(envelope);
    }
  })();

  let publishing = true;
  const saved: number[] = [];
  const publish = async (n: number) => {
    const publisher = await target.login(`publisher-${n}`);
    for (let count = 0; publishing; count++) {
      saved.push((await publisher.say(roomId, `${n}.${count}`)).offset);
      await pause(PAUSE_MS * 2 * random.random());
    }
  };
  const publishers = Promise.all(Array.from({ length: PUBLISHERS }, (_, n) => publish(n)));

  try {
    for (let n = 0; n < SWITCHES; n++) {
      const way = ways[Math.floor(random.random() * ways.length)]!;
      await switcher.read(way, AbortSignal.timeout(Math.floor(LONGEST_STAY_MS * random.random())));
    }
  } finally {
    publishing = false;
    await publishers;
  }
  const top = (await user.say(roomId, "the end")).offset;
  const last = new AbortController();
  const finishing = switcher.read("sse", last.signal);
  while (switcher.position.offset < top) await Promise.race([pause(5), finishing]);
  last.abort();
  await Promise.all([finishing, observing]);

  // every message that was acknowledged, each once, in the one order that there is
  const offsets = switcher.messages.map(({ payload }) => payload.offset);
  expect(offsets).toEqual(Array.from({ length: top }, (_, at) => at + 1));
  expect(saved.toSorted((a, b) => a - b)).toEqual(offsets.slice(0, -1));
  expect(switcher.messages).toEqual(await wholeLog(user, roomId, epoch));
  // one's own messages of each publisher come in the order it sent them
  for (let n = 0; n < PUBLISHERS; n++) {
    const own = switcher.messages.map(({ payload }) => payload.content).filter((one) =>
      one.startsWith(`${n}.`)
    );
    expect(own).toEqual(own.map((_, count) => `${n}.${count}`));
  }
  for (const way of ways) expect(switcher.switches[way]).toBeGreaterThan(SWITCHES / 8);
  // and nobody saw anything of it
  expect(comings.map(({ type, payload }) => `${type} ${payload.userName}`.toLowerCase())).toEqual([
    "user_joined switcher",
  ]);
}

async function wholeLog(user: User, roomId: string, epoch: string): Promise<AnyEnvelope[]> {
  const log: AnyEnvelope[] = [];
  for (;;) {
    const page = await user.poll(roomId, `?since=${epoch}.${log.length}&limit=200`);
    log.push(...page.messages);
    if (!page.hasMore) return log;
  }
}

function seedOf(): number {
  const seed = Number(Deno.env.get("SEED") ?? Math.floor(Math.random() * 2 ** 31));
  // deno-lint-ignore no-console -- a random test says what it did
  console.log(`SEED=${seed}`);
  return seed;
}

Deno.test(`[T5] ${SWITCHES} switches of transport with cuts, against ${PUBLISHERS} publishers: no gap, no double, one order`, async () => {
  const limits = { ratePerSecond: 0, userRatePerSecond: 0 };
  await using child = await Child.start({ limits });
  await switchThrough({ url: child.url, login: (name) => Promise.resolve(child.user(name)) }, seedOf());
});

Deno.test(`[T5] the same against two isolates on one store`, async () => {
  await using folder = await tempFolder();
  const env = { DATA_DIR: folder.path, WORKERS: "2", RATE_LIMIT: "0", RATE_LIMIT_PER_USER: "0" };
  await using server = await Server.start({ env });
  const login = async (name: string) => {
    const response = await fetch(`${server.url}/api/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name }),
    });
    return new User(server.url, (await response.json()).token);
  };
  await switchThrough({ url: server.url, login }, seedOf());
});
