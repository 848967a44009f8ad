/**
 * What every backplane has to do, whatever carries it.
 *
 *     backplaneContract("memory", (name) => ({ open: () => memoryBackplane(name) }));
 */
import { expect } from "@std/expect";
import type { News } from "../../src/hub/news.ts";
import type { Backplane } from "../../src/hub/ports.ts";

/** Opens one more end of the channel of a name; resolves when it hears. */
export type OpenBackplane = (name: string) => Promise<Backplane>;

const hint = (offset: number, roomId = "tea"): News => ({ kind: "hint", roomId, epoch: "e", offset });
const node = (nodeId: string): News => ({ kind: "node", nodeId });

let names = 0;

/** One end, and what it heard. */
class End implements AsyncDisposable {
  readonly heard: unknown[] = [];
  readonly backplane: Backplane;
  readonly #looks = new Set<() => void>();
  readonly #stop: () => void;

  constructor(backplane: Backplane) {
    this.backplane = backplane;
    this.#stop = backplane.subscribe((news) => {
      this.heard.push(news);
      for (const look of this.#looks) look();
    });
  }

  stop(): void {
    this.#stop();
  }

  /** Resolves when what is heard is as wanted. */
  until(isSo: (heard: unknown[]) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!isSo(this.heard)) return;
        this.#looks.delete(look);
        resolve();
      };
      this.#looks.add(look);
      look();
    });
  }

  /** Resolves when it heard this one. */
  hears(news: News): Promise<void> {
    const wanted = JSON.stringify(news);
    return this.until((heard) => heard.some((one) => JSON.stringify(one) === wanted));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.backplane.close();
  }
}

/** Registers the suite for one backplane. */
export function backplaneContract(name: string, open: OpenBackplane): void {
  const test = (title: string, run: (end: () => Promise<End>, channel: string) => Promise<void>) =>
    Deno.test(`backplane ${name}: ${title}`, async () => {
      const channel = `contract-${Date.now()}-${++names}`;
      const ends: End[] = [];
      try {
        await run(async () => {
          const end = new End(await open(channel));
          ends.push(end);
          return end;
        }, channel);
      } finally {
        await Promise.all(ends.map((end) => end.backplane.close()));
      }
    });

  test("what one end says all others hear, as it was, and never itself", async (end) => {
    const [here, there, yonder] = [await end(), await end(), await end()];
    const news: News[] = [
      { kind: "ephemeral", roomId: "tea", json: '{"x":"日本語 🙂 \\u0000"}', key: "k" },
      { kind: "presence", nodeId: "n", version: 1, roomId: "tea", users: [{ userId: "u", userName: "名" }] },
      node("n"),
    ];
    for (const one of news) here.backplane.publish(one);
    await Promise.all([there, yonder].map((other) => other.hears(node("n"))));
    expect(there.heard).toEqual(news);
    expect(yonder.heard).toEqual(news);
    there.backplane.publish(node("m"));
    await here.hears(node("m"));
    expect(here.heard).toEqual([node("m")]);
  });

  test("of the hints of a room the furthest comes through", async (end) => {
    const [here, there] = [await end(), await end()];
    for (let offset = 1; offset <= 1000; offset++) here.backplane.publish(hint(offset));
    here.backplane.publish(hint(7, "other"));
    await Promise.all([there.hears(hint(1000)), there.hears(hint(7, "other"))]);
  });

  test("channels of other names hear nothing", async (end, channel) => {
    const [here, there] = [await end(), await end()];
    const elsewhere = new End(await open(`${channel}-other`));
    await using _ = elsewhere;
    here.backplane.publish(node("n"));
    await there.hears(node("n"));
    expect(elsewhere.heard).toEqual([]);
  });

  test("who stopped listening hears no more, the others do", async (end) => {
    const [here, there, yonder] = [await end(), await end(), await end()];
    yonder.stop();
    here.backplane.publish(node("n"));
    await there.hears(node("n"));
    expect(yonder.heard).toEqual([]);
  });

  test("what is said right before closing comes through; after it nothing does, and nothing throws", async (end) => {
    const [here, there, yonder] = [await end(), await end(), await end()];
    here.backplane.publish({ kind: "node_gone", nodeId: "n" });
    here.backplane.close();
    here.backplane.close();
    here.backplane.publish(node("late"));
    await there.hears({ kind: "node_gone", nodeId: "n" });
    yonder.backplane.publish(node("m"));
    await there.hears(node("m"));
    expect(there.heard).toEqual([{ kind: "node_gone", nodeId: "n" }, node("m")]);
    expect(here.heard).toEqual([]);
  });
}
