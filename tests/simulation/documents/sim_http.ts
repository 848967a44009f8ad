import { Hono } from "hono";
import type { Hub } from "../../../src/hub/hub.ts";
import type { Identity } from "../../../src/hub/ports.ts";
import type { Fetch, TransportName } from "../../../src/client/types.ts";
import { ConnectionCount } from "../../../src/transports/connection_count.ts";
import { WAITING_PER_USER } from "../../../src/transports/polling.ts";
import { problem } from "../../../src/transports/problem.ts";
import { requesters } from "../../../src/transports/requester.ts";
import { sessionApi } from "../../../src/transports/session_api.ts";
import { SessionNames } from "../../../src/transports/session_names.ts";
import { streams } from "../../../src/transports/streams.ts";
import type { FakeClock } from "../../harness/mod.ts";
import type { Random } from "../random.ts";

const USER = "sim-user";

/** A node's HTTP, as far as clients use it: the real routes, for whoever the network says it is. */
export function httpOf(hub: Hub): Hono {
  const names = new SessionNames(hub.store, hub.clock);
  const whoAsks = ({ headers }: Request): Identity => {
    const userId = headers.get(USER)!;
    return { userId, userName: userId };
  };
  const holder = (request: Request) => ({ ...whoAsks(request), expiresAtMs: hub.clock.now() + 86_400_000 });
  const app = new Hono();
  app.route(
    "/",
    sessionApi({
      clock: hub.clock,
      begin: (request) => Promise.resolve({ identity: holder(request), token: "", told: false }),
      whoami: (request) => Promise.resolve(holder(request)),
      cookie: "session",
      maxMessageBytes: hub.limits.maxMessageBytes,
    }),
  );
  app.route(
    "/",
    streams({
      hub,
      names,
      admit: (request) => Promise.resolve({ identity: whoAsks(request) }),
      requester: requesters(hub, names, (request) => Promise.resolve(whoAsks(request))),
      addressOf: () => "127.0.0.1",
      places: new ConnectionCount(0),
      waitingPlaces: new ConnectionCount(WAITING_PER_USER),
    }),
  );
  app.onError((error) => problem(hub.toRelayError(error, "http")));
  return app;
}

/** What a client posts, as far as a firewall or a mutant looks at it. */
export interface Posted {
  readonly timeoutMs?: number;
  readonly joins?: readonly {
    readonly payload: { readonly since?: { readonly epoch: string; readonly offset: number } };
  }[];
}

/** How a request comes to its messages, as a firewall sees it; all that is answered at once passes as a poll does. */
function wayOf(url: string, { timeoutMs = 0 }: Posted): TransportName {
  if (url.endsWith("/api/events")) return "sse";
  return timeoutMs > 0 ? "longpoll" : "poll";
}

export interface SimRequestsOptions {
  readonly clock: FakeClock;
  readonly random: Random;
  readonly userId: string;
  /** the node a request lands on; nothing where the network lets none through */
  readonly node: (way: TransportName) => Hono | undefined;
  /** what a mutant makes of what is posted */
  readonly mutate: (posted: Posted, way: TransportName) => Posted;
}

/** How long a request, an answer or a piece of a stream travels, on average. */
const TRAVEL_MS = 20;

/** One client's requests, over a network that takes its time and may be cut at any moment. */
export class SimRequests {
  readonly #options: SimRequestsOptions;
  readonly #cuts = new Map<AbortController, TransportName>();

  constructor(options: SimRequestsOptions) {
    this.#options = options;
  }

  /** What the SDK asks with. */
  readonly fetch: Fetch = (url, init) => {
    const { node, mutate } = this.#options;
    const posted: Posted = JSON.parse(String(init.body));
    const way = wayOf(url, posted);
    const cut = new AbortController();
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    this.#cuts.set(cut, way);
    cut.signal.addEventListener("abort", () => {
      this.#cuts.delete(cut);
      reject(new TypeError("the network is gone"));
    });
    // whoever asked gave up: the server hears of it as of a cut
    init.signal?.addEventListener("abort", () => {
      reject(init.signal!.reason);
      cut.abort();
    });
    if (init.signal?.aborted) cut.abort();
    this.#travel(cut, () => {
      const app = node(way);
      if (!app) return cut.abort();
      const body = JSON.stringify(mutate(posted, way));
      this.#answer(app, url, { ...init, body }, cut).then(resolve, () => cut.abort());
    });
    return promise;
  };

  /** Everything on the way is lost; of some kinds of requests, if told so. */
  cut(fits: (way: TransportName) => boolean = () => true): void {
    for (const [cut, way] of [...this.#cuts]) if (fits(way)) cut.abort();
  }

  async #answer(app: Hono, url: string, init: RequestInit, cut: AbortController): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set(USER, this.#options.userId);
    const asked = new Request(url, { ...init, headers, signal: cut.signal });
    const response = await app.fetch(asked);
    const { status } = response;
    if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
      const stream = this.#stream(response.body!, cut);
      return await this.#later(cut, () => new Response(stream, { status, headers: response.headers }));
    }
    const text = await response.text();
    return await this.#later(cut, () => {
      this.#cuts.delete(cut);
      return new Response(text, { status, headers: response.headers });
    });
  }

  /** The pieces of a stream in their order, each some time after it was sent. */
  #stream(body: ReadableStream<Uint8Array<ArrayBuffer>>, cut: AbortController): ReadableStream {
    const { clock, random } = this.#options;
    const reader = body.getReader();
    let dueMs = 0;
    return new ReadableStream({
      start: async (controller) => {
        const end = () => {
          reader.cancel().catch(() => {});
          controller.error(new TypeError("the network is gone"));
        };
        if (cut.signal.aborted) return end();
        cut.signal.addEventListener("abort", end);
        for (;;) {
          const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
          dueMs = Math.max(dueMs, clock.monotonic() + random.wait(TRAVEL_MS));
          clock.after(dueMs - clock.monotonic(), () => {
            if (cut.signal.aborted) return;
            if (value) controller.enqueue(value);
            else controller.close();
          });
          if (done) return;
        }
      },
      cancel: () => cut.abort(),
    });
  }

  #later<T>(cut: AbortController, made: () => T): Promise<T> {
    return new Promise((resolve) => this.#travel(cut, () => resolve(made())));
  }

  #travel(cut: AbortController, arrive: () => void): void {
    const { clock, random } = this.#options;
    clock.after(random.wait(TRAVEL_MS), () => cut.signal.aborted || arrive());
  }
}
