import { expect } from "@std/expect";
import { ErrorCode } from "../../src/protocol/wire.ts";
import { type Answers, type Batch, BYE, type LineMessage } from "../../src/stores/calls.ts";
import { connectStore, type RemoteOptions } from "../../src/stores/remote.ts";
import { draft, expectUnavailable } from "../contract/store_contract.ts";

/** Short, and still more than an answer takes where the machine is busy. */
const PATIENCE_MS = 500;

/** The far end of a store's ports, in the test's hand. */
class FarEnd {
  readonly batches: Batch[] = [];
  readonly #line: MessagePort;
  #port: MessagePort | undefined;
  #heard: (() => void) | undefined;
  said: unknown;

  static connect(options?: RemoteOptions) {
    const { port1, port2 } = new MessageChannel();
    const far = new FarEnd(port1);
    return { far, store: connectStore(port2, options) };
  }

  constructor(line: MessagePort) {
    this.#line = line;
    line.onmessage = ({ data }) => {
      this.said = data;
      this.#heard?.();
    };
  }

  tell(message: LineMessage, ...transfer: MessagePort[]): void {
    this.#line.postMessage(message, transfer);
  }

  /** Takes calls from now on, through a new port. */
  open(): void {
    const { port1, port2 } = new MessageChannel();
    this.#port?.close();
    this.#port = port1;
    port1.onmessage = ({ data }: MessageEvent<Batch | typeof BYE>) => {
      if (data !== BYE) this.batches.push(data);
      this.#heard?.();
    };
    this.tell({ kind: "connected", port: port2 }, port2);
  }

  answer({ batch, lane, calls }: Batch): void {
    const answers = calls.map((_, n) => lane === "write" ? n + 1 : null);
    this.#port!.postMessage({ batch, epoch: "e", answers } satisfies Answers);
  }

  refuseFirst({ batch }: Batch): void {
    const answers = [{ failed: ErrorCode.internal, reason: "no such thing" }, 7];
    this.#port!.postMessage({ batch, epoch: "e", answers } satisfies Answers);
  }

  async heard(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#heard = resolve);
  }

  close(): void {
    this.#port?.close();
    this.#line.close();
  }
}

Deno.test("remote store: the calls of a turn travel together, reads and writes apart, in bounded batches", async () => {
  const { far, store } = FarEnd.connect();
  far.open();
  const appends = Array.from({ length: 2_500 }, () => store.append(draft("a")));
  const read = store.get("t", "k");
  await far.heard(() => far.batches.length === 4);
  expect(far.batches.map(({ lane, calls }) => [lane, calls.length])).toEqual([
    ["read", 1],
    ["write", 1_024],
    ["write", 1_024],
    ["write", 452],
  ]);
  for (const batch of far.batches) far.answer(batch);
  await read;
  const appended = await Promise.all(appends);
  expect(appended[1_025]).toMatchObject({ outcome: "stored", epoch: "e", offset: 2 });
  await store.close();
  await far.heard(() => far.said === BYE);
  far.close();
});

Deno.test("[A3] remote store: a call nobody answers is given up, and its late answer goes nowhere", async () => {
  const { far, store } = FarEnd.connect({ timeoutMs: PATIENCE_MS });
  far.open();
  await expectUnavailable(store.append(draft("a")));
  far.answer(far.batches[0]!);
  const next = store.append(draft("a"));
  await far.heard(() => far.batches.length === 2);
  far.answer(far.batches[1]!);
  expect(await next).toMatchObject({ outcome: "stored" });
  await store.close();
  far.close();
});

Deno.test("[A3] remote store: after a pause of one's own, what was answered meanwhile counts", async () => {
  const { far, store } = FarEnd.connect({ timeoutMs: PATIENCE_MS });
  far.open();
  const append = store.append(draft("a"));
  await far.heard(() => far.batches.length === 1);
  far.answer(far.batches[0]!);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * PATIENCE_MS);
  expect(await append).toMatchObject({ outcome: "stored" });
  await store.close();
  far.close();
});

Deno.test("[A3] remote store: a call is given up when there is nobody to ask", async () => {
  const { far, store } = FarEnd.connect({ timeoutMs: PATIENCE_MS });
  await expectUnavailable(store.append(draft("a")));
  far.open();
  const next = store.append(draft("a"));
  await far.heard(() => far.batches.length === 1);
  expect(far.batches[0]!.calls).toHaveLength(1);
  far.answer(far.batches[0]!);
  await next;
  await store.close();
  far.close();
});

Deno.test("[A3] remote store: calls that wait are bounded, by number and by size", async () => {
  const { far, store } = FarEnd.connect({ maxPending: 10, maxPendingCharacters: 1_000 });
  far.open();
  const first = Array.from({ length: 10 }, () => store.heads([]));
  const error = await expectUnavailable(store.heads([]));
  expect(error.retryAfterMs).toBeGreaterThan(0);
  await far.heard(() => far.batches.length === 1);
  far.tell({ kind: "lost" });
  for (const one of await Promise.allSettled(first)) expect(one.status).toBe("rejected");

  const large = store.append(draft("a", { body: JSON.stringify("x".repeat(1_000)) }));
  await expectUnavailable(store.append(draft("a")));
  far.tell({ kind: "closed" });
  await expectUnavailable(large);
  far.close();
});

Deno.test("[A3] remote store: what was sent to a Worker that died is unknown, what was not waits for the next", async () => {
  const { far, store } = FarEnd.connect();
  far.open();
  const sent = store.append(draft("a"));
  await far.heard(() => far.batches.length === 1);
  far.tell({ kind: "lost" });
  await expectUnavailable(sent);
  const unsent = store.append(draft("a", { id: "unsent" }));
  far.open();
  await far.heard(() => far.batches.length === 2);
  far.answer(far.batches[1]!);
  expect(await unsent).toMatchObject({ id: "unsent" });
  await store.close();
  far.close();
});

Deno.test("[A3] remote store: when its store closes, so does it", async () => {
  const { far, store } = FarEnd.connect();
  far.open();
  const sent = store.append(draft("a"));
  await far.heard(() => far.batches.length === 1);
  far.tell({ kind: "closed" });
  await expectUnavailable(sent);
  await expectUnavailable(store.append(draft("a")));
  await store.close();
  far.close();
});

Deno.test("[A3] remote store: a refusal is about its call alone", async () => {
  const { far, store } = FarEnd.connect();
  far.open();
  const [first, second] = [store.append(draft("a")), store.append(draft("a"))];
  await far.heard(() => far.batches.length === 1);
  far.refuseFirst(far.batches[0]!);
  expect(await second).toMatchObject({ offset: 7 });
  const error = await first.catch((error: unknown) => error);
  expect(error).toMatchObject({ code: "internal", cause: { message: "no such thing" } });
  await store.close();
  far.close();
});
