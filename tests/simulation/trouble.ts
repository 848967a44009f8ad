import type { Client } from "./client.ts";
import type { Node } from "./node.ts";
import type { Action } from "./scenario.ts";
import type { World } from "./world.ts";

/** How long a side of a cut link may not know of it. */
const NOTICE_MS = 600;
const STALL_MS = 1200;

/** What happens in a run: what people do, and what goes wrong meanwhile. */
export class Trouble {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Lets the run's actions happen, or the first ones of them, and then some time pass. */
  async make(actions: number = this.#world.scenario.actions): Promise<void> {
    const { scenario: { everyMs, weights }, scheduler, random } = this.#world;
    const choices = Object.entries(weights) as [Action, number][];
    let atMs = 0;
    for (let n = 0; n < actions; n++) {
      atMs += random.wait(everyMs);
      const action = random.weighted(choices);
      scheduler.after(atMs, () => this.#act(action));
    }
    await scheduler.run(atMs + random.wait(200));
  }

  #act(action: Action): void {
    const { scenario, random, clients, store } = this.#world;
    const client = random.pick(clients);
    const room = random.pick(scenario.rooms);
    switch (action) {
      case "say":
        return client.say(room, this.#text());
      case "burst":
        for (let n = 5 + random.below(8); n > 0; n--) client.say(room, this.#text());
        return;
      case "publish":
        return client.publish(room, this.#text());
      case "repeat":
        return client.repeat(random.chance(0.3) ? "something else" : undefined);
      case "join":
        return client.join(room, { history: random.below(6) });
      case "leave":
        return client.leave(room);
      case "mark":
        return client.mark(room);
      case "type":
        return client.typing(room, random.chance(0.7));
      case "flicker":
        return client.flicker(room);
      case "page":
        return client.page(room);
      case "probe":
        return this.#probe(room);
      case "stall":
        return this.#stall(client);
      case "cut":
        return client.link?.cut({ clientMs: this.#noticeMs(), serverMs: this.#noticeMs() });
      case "quit":
        return client.quit(random.wait(random.pick([50, 1000])));
      case "store_restart":
        return store.restart(random.wait(300));
      case "store_loss":
        return void store.lose(random.chance(0.3) ? 0 : random.next());
      case "kill":
        return this.#replace("kill")?.kill();
      case "drain":
        return this.#drain(room);
      case "clock_jump":
        this.#world.wallSkewMs += random.between(-3_600_000, 3_600_000);
        return;
      case "garble":
        return this.#garble(room);
    }
  }

  #stall({ link }: Client): void {
    const { scheduler, random } = this.#world;
    link?.stall();
    scheduler.after(random.wait(STALL_MS), () => link?.goOn());
  }

  /** A client that was elsewhere comes with a position of its own, right or wrong. */
  #probe(room: string): void {
    const { scheduler, random, positions } = this.#world;
    const client = this.#world.newClient(`probe${this.#world.name()}`);
    const known = positions.filter((one) => one.room === room);
    if (known.length > 0) {
      const { epoch, offset } = random.pick(known).position;
      const moved = random.pick([0, 0, 0, -2, 3, 1000]);
      client.join(room, { position: { epoch, offset: Math.max(0, offset + moved) } });
    } else {
      client.join(room, { position: { epoch: "elsewhere", offset: random.below(5) } });
    }
    client.start();
    scheduler.after(100 + random.wait(400), () => client.quit(Infinity));
  }

  #drain(room: string): void {
    const { scheduler, random, clients, bugs } = this.#world;
    const node = this.#replace("drain");
    if (!node) return;
    // it is busy, and some do not read
    for (const client of clients) {
      if (random.chance(0.3)) this.#stall(client);
      for (let n = random.pick([0, 1, 4]); n > 0; n--) client.say(room, this.#text(1));
    }
    scheduler.after(random.wait(30), () => {
      node.drain().catch((error) => bugs.push(`drain failed: ${error}`));
    });
  }

  /** Picks a node to end. What takes its place is there before it ends, or some time after. */
  #replace(how: string): Node | undefined {
    const { scheduler, random, serving } = this.#world;
    if (serving.length === 0) return undefined;
    const node = random.pick(serving);
    this.#world.note(`${node.id}: ${how}`);
    scheduler.after(random.pick([0, 100, 700]), () => this.#world.startNode());
    return node;
  }

  #garble(room: string): void {
    const { random, backplane } = this.#world;
    if (!backplane.trusted && random.chance(0.3)) return backplane.garble(this.#forged(room));
    const epoch = random.chance(0.5) ? "forged" : `e${1 + random.below(2)}`;
    backplane.garble(random.pick<unknown>([
      { kind: "hint", roomId: room, epoch, offset: random.below(40) },
      { kind: "hint", roomId: room, epoch, offset: Number.MAX_SAFE_INTEGER },
      { kind: "hint", roomId: room, epoch, offset: -1 },
      { kind: "hint", roomId: room },
      { kind: "hint", roomId: "__proto__", epoch, offset: 1 },
      { kind: "toString", roomId: room },
      { kind: "presence", nodeId: "", version: 1, roomId: room, users: [] },
      [],
      null,
      "hint",
      17,
    ]));
  }

  /** A hint that brings along what nobody ever stored, right where the log goes on. */
  #forged(room: string): object {
    const { random, positions } = this.#world;
    const known = positions.findLast((one) => one.room === room)?.position ?? { epoch: "e1", offset: 0 };
    const offset = known.offset + 1 + random.below(2);
    const id = `forged-${this.#world.name()}`;
    const entry = [id, "new_message", "u0", "U0", id, 0, '{"content":"forged","replyTo":null}'];
    return { kind: "hint", roomId: room, epoch: known.epoch, offset, entries: JSON.stringify([entry]) };
  }

  #noticeMs(): number {
    const { random } = this.#world;
    return random.pick([1, random.next() * NOTICE_MS]);
  }

  #text(long = 0.15): string {
    const { random } = this.#world;
    return `text ${this.#world.name()}${random.chance(long) ? " long".repeat(random.below(200)) : ""}`;
  }
}
