/**
 * What a second process costs: the hop of a message over Redis, and the fan-out of one room to members at one process
 * and at two. Both run on this machine, with the clients in this process: look at the ratios.
 *
 *     deno run -A tests/bench/machines.ts
 */
import { Server } from "../e2e/server.ts";
import { RedisServer } from "../redis/redis_server.ts";

const MEMBERS = 200;
const MESSAGES = 6000;
/** messages on their way at once */
const WINDOW = 400;
const HOPS = 500;
const ROUNDS = 3;

interface Envelope {
  readonly type: string;
  readonly messageId?: string;
  // deno-lint-ignore no-explicit-any -- as it came
  readonly payload: any;
}

/** A member that only counts, and speaks when it is told to. */
class Member {
  heard = 0;
  onMessage: (payload: Envelope["payload"]) => void = () => {};
  onAck: (messageId: string) => void = () => {};
  readonly #socket: WebSocket;
  readonly #ready = Promise.withResolvers<void>();

  constructor(ws: string, room: string) {
    this.#socket = new WebSocket(ws, ["denbun.json.batch"]);
    this.#socket.onmessage = ({ data }) => {
      const one = JSON.parse(data) as Envelope;
      for (const envelope of one.type === "batch" ? one.payload as Envelope[] : [one]) {
        this.#take(envelope, room);
      }
    };
  }

  get joined(): Promise<void> {
    return this.#ready.promise;
  }

  say(type: string, payload: object, messageId: string): void {
    this.#socket.send(JSON.stringify({ type, payload, messageId }));
  }

  close(): void {
    this.#socket.close();
  }

  #take({ type, payload, messageId }: Envelope, room: string): void {
    if (type === "welcome") this.say("join_room", { roomId: room }, "join");
    else if (type === "ack" && messageId === "join") this.#ready.resolve();
    else if (type === "ack") this.onAck(messageId!);
    else if (type === "new_message") {
      this.heard++;
      this.onMessage(payload);
    }
  }
}

let rooms = 0;

/** Milliseconds from one member's mouth to another's ear, one message at a time. */
async function hops(from: string, to: string): Promise<number[]> {
  const room = `hop-${++rooms}`;
  const speaker = new Member(from, room);
  const listener = new Member(to, room);
  await Promise.all([speaker.joined, listener.joined]);
  const took: number[] = [];
  for (let n = 0; n < HOPS; n++) {
    const heard = Promise.withResolvers<void>();
    listener.onMessage = () => heard.resolve();
    const startMs = performance.now();
    speaker.say("send_message", { roomId: room, content: "x".repeat(100) }, `m-${n}`);
    await heard.promise;
    took.push(performance.now() - startMs);
  }
  speaker.close();
  listener.close();
  return took.toSorted((a, b) => a - b);
}

/** Deliveries a second of one room whose members are spread over these servers. */
async function fanOut(servers: readonly string[]): Promise<number> {
  const room = `fan-${++rooms}`;
  const members = Array.from({ length: MEMBERS }, (_, n) => new Member(servers[n % servers.length]!, room));
  await Promise.all(members.map(({ joined }) => joined));
  const speaker = members[0]!;
  const done = Promise.withResolvers<void>();
  let sent = 0;
  const next = () => {
    if (sent < MESSAGES) {
      speaker.say("send_message", { roomId: room, content: "x".repeat(100) }, `m-${sent++}`);
    }
  };
  const look = () => members.every(({ heard }) => heard === MESSAGES) && done.resolve();
  speaker.onAck = next;
  for (const member of members) member.onMessage = () => member.heard === MESSAGES && look();
  const startMs = performance.now();
  for (let n = 0; n < WINDOW; n++) next();
  await done.promise;
  const seconds = (performance.now() - startMs) / 1000;
  for (const member of members) member.close();
  return MEMBERS * MESSAGES / seconds;
}

const at = (sorted: readonly number[], share: number) =>
  sorted[Math.floor(sorted.length * share)]!.toFixed(2);

await using redis = await RedisServer.start();
const env = {
  REDIS_URL: redis.url,
  RATE_LIMIT: "0",
  RATE_LIMIT_PER_USER: "0",
  RATE_LIMIT_EPHEMERAL: "0",
  MAX_CONNECTIONS_PER_IP: "0",
  MAX_CONNECTS_PER_IP: "0",
  LOG_LEVEL: "info",
};
await using one = await Server.start({ env });
await using other = await Server.start({ env });
for (let round = 0; round < ROUNDS; round++) {
  const [own, hop] = [await hops(one.ws, one.ws), await hops(one.ws, other.ws)];
  const [alone, both] = [await fanOut([one.ws]), await fanOut([one.ws, other.ws])];
  // deno-lint-ignore no-console -- what it is for
  console.log(
    `one process p50 ${at(own, 0.5)} ms p99 ${at(own, 0.99)} ms, over Redis p50 ${at(hop, 0.5)} ms p99 ${
      at(hop, 0.99)
    } ms; deliveries/s: one process ${Math.round(alone)}, two ${Math.round(both)} (× ${
      (both / alone).toFixed(2)
    })`,
  );
}
