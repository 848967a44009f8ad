/**
 * The hub's hot path: a frame comes in, is checked, stored in memory, acknowledged and handed to every member. Once
 * with nobody counting, once with the metrics of a relay: the difference is what they cost.
 * @module
 */
import { local } from "../../src/backplanes/local.ts";
import { chat } from "../../src/features/chat.ts";
import { Hub } from "../../src/hub/hub.ts";
import type { Connection, Metrics } from "../../src/hub/ports.ts";
import { noMetrics } from "../../src/hub/no_metrics.ts";
import { silent } from "../../src/observability/log.ts";
import { isolateMetrics } from "../../src/observability/metrics.ts";
import { meteredStore } from "../../src/observability/metered_store.ts";
import { json } from "../../src/protocol/codecs/mod.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { systemIds } from "../../src/runtime/ids.ts";
import { memory } from "../../src/stores/memory.ts";

const MEMBERS = 100;
const BURST = 20;
const CONTENT = "x".repeat(120);

/** A network that takes everything at once and tells when enough has come. */
class Sink {
  #frames = 0;
  #wanted = 0;
  #reached = () => {};

  connection(id: string): Connection {
    return { id, send: () => this.#count(), unsentBytes: () => 0, takes: () => true, close() {} };
  }

  /** Resolves after so many frames more than now. */
  more(frames: number): Promise<void> {
    this.#wanted = this.#frames + frames;
    return new Promise((resolve) => this.#reached = resolve);
  }

  #count(): void {
    if (++this.#frames === this.#wanted) this.#reached();
  }
}

/** Sends `count` messages in one turn and resolves when every member has all of them. */
async function room(metrics: Metrics, counted: boolean): Promise<(count: number) => Promise<void>> {
  const store = memory({ retentionMessages: 1000, retentionHours: 0 });
  const hub = new Hub({
    clock: systemClock,
    ids: systemIds,
    store: counted ? meteredStore(store, metrics) : store,
    backplane: local(),
    policy: { allows: () => true },
    logger: silent,
    features: [chat()],
    nodeId: "bench",
    limits: { ratePerSecond: 0 },
    metrics,
  });
  const sink = new Sink();
  const clients = Array.from({ length: MEMBERS }, (_, n) => {
    const identity = { userId: `user-${n}`, userName: `User ${n}` };
    return hub.attach(sink.connection(`connection-${n}`), { identity, codec: json });
  });
  for (const [n, client] of clients.entries()) {
    // the joiner's answer; the others are told of the newcomer
    const joined = sink.more(1 + n);
    client.receive(JSON.stringify({ type: "join_room", payload: { roomId: "room" } }));
    await joined;
  }
  let messages = 0;
  return async (count) => {
    // each message to each member, and its ack
    const delivered = sink.more(count * (MEMBERS + 1));
    for (let n = 0; n < count; n++) {
      clients[messages % MEMBERS]!.receive(
        `{"type":"send_message","payload":{"roomId":"room","content":"${CONTENT}","replyTo":null},` +
          `"messageId":"m-${messages++}"}`,
      );
    }
    await delivered;
  };
}

const uncounted = await room(noMetrics, false);
const counted = await room(isolateMetrics(), true);

for (
  const [group, count] of [["one message to 100 members", 1], [
    `${BURST} messages to 100 members`,
    BURST,
  ]] as const
) {
  Deno.bench({ group, name: `${group}, nobody counting`, baseline: true, fn: () => uncounted(count) });
  Deno.bench({ group, name: `${group}, metrics`, fn: () => counted(count) });
}

const metrics = isolateMetrics();
const counter = metrics.counter("envelopes_total", { type: "new_message", direction: "out" });
const histogram = metrics.histogram("ack_latency_seconds", { type: "send_message" });
Deno.bench({ group: "one meter", name: "count", fn: () => counter.add(100) });
Deno.bench({ group: "one meter", name: "observe", fn: () => histogram.observe(0.012) });
Deno.bench({ group: "one meter", name: "scrape", fn: () => void metrics.snapshot() });
