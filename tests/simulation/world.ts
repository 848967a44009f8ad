import type { Position } from "../../src/protocol/position.ts";
import { Client } from "./client.ts";
import type { RunEvent } from "./events.ts";
import { Link } from "./link.ts";
import { Node } from "./node.ts";
import type { Parts } from "./parts.ts";
import { Random } from "./random.ts";
import type { Action, Scenario } from "./scenario.ts";
import { Scheduler } from "./scheduler.ts";
import { UnsteadyBackplane } from "./unsteady_backplane.ts";
import { UnsteadyStore } from "./unsteady_store.ts";

const NOON_MS = Date.UTC(2026, 10, 21, 12);
/** How long a side of a cut link may not know of it. */
const NOTICE_MS = 600;
const STALL_MS = 1200;

/** One run: nodes, clients, a store and a network, and the trouble they are in. */
export class World {
  readonly events: RunEvent[] = [];
  /** what only a bug can cause and no client sees */
  readonly bugs: string[] = [];
  readonly scheduler = new Scheduler();
  readonly #scenario: Scenario;
  readonly #parts: Parts;
  readonly #random: Random;
  readonly #store: UnsteadyStore;
  readonly #backplane: UnsteadyBackplane;
  readonly #clients: Client[] = [];
  readonly #positions: { readonly room: string; readonly position: Position }[] = [];
  #nodes: Node[] = [];
  #named = 0;
  #started = 0;
  #wallSkewMs = 0;
  #calm = false;
  #over = false;

  constructor(scenario: Scenario, parts: Parts) {
    this.#scenario = scenario;
    this.#parts = parts;
    this.#random = new Random(~scenario.seed);
    this.#store = new UnsteadyStore({
      parts,
      scheduler: this.scheduler,
      random: this.#random,
      record: this.#record,
      now: this.#now,
      retentionMessages: scenario.retentionMessages,
      rooms: scenario.rooms,
    });
    this.#backplane = new UnsteadyBackplane(this.scheduler, this.#random);
  }

  /** Trouble, then peace, then the truth. Stops after `actions` of the actions. */
  async run(actions: number = this.#scenario.actions): Promise<void> {
    const { scheduler } = this;
    const { store, backplane, clients, nodes, everyMs, weights, quietMs } = this.#scenario;
    for (let n = 0; n < nodes; n++) this.#startNode();
    for (let n = 0; n < clients; n++) this.#addClient(n);
    this.#store.faults = store;
    this.#backplane.faults = backplane;
    const choices = Object.entries(weights) as [Action, number][];
    let atMs = 0;
    for (let n = 0; n < actions; n++) {
      atMs += this.#random.wait(everyMs);
      const action = this.#random.weighted(choices);
      scheduler.after(atMs, () => this.#act(action));
    }
    await scheduler.run(atMs + this.#random.wait(200));
    this.#heal();
    await scheduler.run(quietMs);
    await this.#tellTruth();
    this.#over = true;
    await this.#empty();
  }

  // ------------------------------------------------------------------------------------- what happens

  #act(action: Action): void {
    const random = this.#random;
    const client = random.pick(this.#clients);
    const room = random.pick(this.#scenario.rooms);
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
        return this.#store.restart(random.wait(300));
      case "store_loss":
        return void this.#store.lose(random.chance(0.3) ? 0 : random.next());
      case "kill":
        return this.#kill();
      case "drain":
        return this.#drain(room);
      case "clock_jump":
        this.#wallSkewMs += random.between(-3_600_000, 3_600_000);
        return;
      case "garble":
        return this.#garble(room);
    }
  }

  #stall({ link }: Client): void {
    link?.stall();
    this.scheduler.after(this.#random.wait(STALL_MS), () => link?.goOn());
  }

  /** A client that was elsewhere comes with a position of its own, right or wrong. */
  #probe(room: string): void {
    const random = this.#random;
    const client = this.#newClient(`probe${++this.#named}`);
    const known = this.#positions.filter((one) => one.room === room);
    if (known.length > 0) {
      const { epoch, offset } = random.pick(known).position;
      const moved = random.pick([0, 0, 0, -2, 3, 1000]);
      client.join(room, { position: { epoch, offset: Math.max(0, offset + moved) } });
    } else {
      client.join(room, { position: { epoch: "elsewhere", offset: random.below(5) } });
    }
    client.start();
    this.scheduler.after(100 + random.wait(400), () => client.quit(Infinity));
  }

  #kill(): void {
    const node = this.#replace("kill");
    node?.kill();
  }

  #drain(room: string): void {
    const random = this.#random;
    const node = this.#replace("drain");
    if (!node) return;
    // it is busy, and some do not read
    for (const client of this.#clients) {
      if (random.chance(0.3)) this.#stall(client);
      for (let n = random.pick([0, 1, 4]); n > 0; n--) client.say(room, this.#text(1));
    }
    this.scheduler.after(random.wait(30), () => {
      node.drain().catch((error) => this.bugs.push(`drain failed: ${error}`));
    });
  }

  /** Picks a node to end. What takes its place is there before it ends, or some time after. */
  #replace(how: string): Node | undefined {
    const serving = this.#nodes.filter((node) => node.serves);
    if (serving.length === 0) return undefined;
    const node = this.#random.pick(serving);
    this.#note(`${node.id}: ${how}`);
    this.scheduler.after(this.#random.pick([0, 100, 700]), () => this.#startNode());
    return node;
  }

  #garble(room: string): void {
    const random = this.#random;
    const epoch = random.chance(0.5) ? "forged" : `e${1 + random.below(2)}`;
    this.#backplane.garble(random.pick<unknown>([
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

  /** All trouble ends, and nobody stays away. */
  #heal(): void {
    this.#note("peace");
    this.#calm = true;
    const steady = { before: 0, after: 0, slow: 0, slowMs: 0 };
    this.#store.faults = steady;
    this.#backplane.faults = { lost: 0, doubled: 0, late: 0, lateMs: 0 };
    for (const client of this.#clients) {
      client.start();
      client.link?.goOn(Infinity);
      if (this.#random.chance(0.5)) continue;
      this.scheduler.after(1000, () => client.rooms.forEach((room) => client.mark(room)));
    }
  }

  // ------------------------------------------------------------------------------------- the truth

  async #tellTruth(): Promise<void> {
    const { truth } = this.#store;
    for (const room of this.#scenario.rooms) {
      const [head] = await truth.heads([room]);
      const { epoch, offset } = head!;
      this.#record({ ev: "top", room, epoch, offset });
      // a node that ends takes down no typist on another one: there the reader's own patience does
      if (this.#started === 1) this.#record({ ev: "typists", room, users: [] });
      const inside = this.#clients.filter((client) => client.connected && client.rooms.includes(room));
      this.#record({ ev: "present", room, users: [...new Set(inside.map(({ userId }) => userId))] });
      for (const { key: user, value } of await truth.list(`read:${room}:${epoch}`)) {
        this.#record({ ev: "kept", room, user, epoch, upTo: Number(value) });
      }
    }
    for (const client of this.#clients) {
      for (const room of client.rooms) this.#record({ ev: "want", client: client.id, room });
    }
  }

  /** Everybody leaves: nothing of them may stay behind. */
  async #empty(): Promise<void> {
    for (const client of this.#clients) client.quit(Infinity);
    await this.scheduler.run(4000);
    for (const { id, hub, timersLeft, alive } of this.#nodes) {
      if (!alive) continue;
      if (hub.sessionCount > 0) this.bugs.push(`${id} keeps ${hub.sessionCount} sessions of nobody`);
      if (hub.roomCount > 0) this.bugs.push(`${id} keeps ${hub.roomCount} empty rooms`);
      if (timersLeft > 0) this.bugs.push(`${id} keeps ${timersLeft} timers for nobody`);
    }
  }

  // ------------------------------------------------------------------------------------- helpers

  #startNode(): void {
    const { limits, typingMs, policyMs } = this.#scenario;
    const id = `n${++this.#named}`;
    this.#started++;
    this.#nodes = this.#nodes.filter((node) => node.alive);
    this.#nodes.push(
      new Node({
        id,
        parts: this.#parts,
        scheduler: this.scheduler,
        random: this.#random,
        store: (alive) => this.#store.port(alive),
        backplane: (alive) => this.#backplane.end(alive),
        limits,
        typingMs,
        now: this.#now,
        policyMs,
        bug: (what) => this.bugs.push(what),
      }),
    );
    this.#note(`${id}: starts`);
  }

  #addClient(n: number): void {
    const client = this.#newClient(`u${n % this.#scenario.users}`);
    for (const room of this.#scenario.rooms) {
      if (this.#random.chance(0.8)) client.join(room, { history: this.#random.below(4) });
    }
    this.#clients.push(client);
    this.scheduler.after(this.#random.wait(30), () => client.start());
  }

  #newClient(userId: string): Client {
    const random = this.#random;
    return new Client({
      id: `c${++this.#named}`,
      userId,
      scheduler: this.scheduler,
      random,
      record: this.#record,
      connect: (client, conn) => this.#connect(client, conn),
      sequential: random.chance(0.5),
      echo: !random.chance(0.15),
      ackTimeoutMs: random.pick([400, 1500]),
    });
  }

  #connect(client: Client, conn: string): Link | undefined {
    const serving = this.#nodes.filter((node) => node.serves);
    if (serving.length === 0) return undefined;
    const random = this.#random;
    const { latencyMs, slowReaders } = this.#scenario;
    const link = new Link({
      id: conn,
      scheduler: this.scheduler,
      random,
      record: this.#record,
      latencyMs,
      bytesPerMs: !this.#calm && random.chance(slowReaders) ? random.between(2, 30) : Infinity,
      client,
    });
    const { userId } = client;
    random.pick(serving).accept(link, { userId, userName: userId.toUpperCase() });
    return link;
  }

  #noticeMs(): number {
    return this.#calm ? 1 : this.#random.pick([1, this.#random.next() * NOTICE_MS]);
  }

  #text(long = 0.15): string {
    const random = this.#random;
    return `text ${++this.#named}${random.chance(long) ? " long".repeat(random.below(200)) : ""}`;
  }

  #note(text: string): void {
    this.#record({ ev: "note", t: this.scheduler.nowMs, text });
  }

  readonly #now = (): number => Math.floor(NOON_MS + this.scheduler.nowMs + this.#wallSkewMs);

  readonly #record = (event: RunEvent): void => {
    if (this.#over) return;
    this.events.push(event);
    if (event.ev === "log" && this.#positions.length < 500) {
      const { room, epoch, offset } = event;
      this.#positions.push({ room, position: { epoch, offset } });
    }
  };
}
