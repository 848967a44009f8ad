import { isoTime } from "../hub/iso_time.ts";
import type { Clock, Counter, Ids, Logger, Metrics } from "../hub/ports.ts";
import { rateLimited } from "../hub/rate_limited.ts";
import { Courier, type CourierLimits } from "./courier.ts";
import type { WebhookData, WebhookEvent } from "./events.ts";
import type { Letter, Post } from "./post.ts";

export interface OutgoingOptions {
  readonly post: Post;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly limits?: Partial<CourierLimits> | undefined;
}

type Outcome = "delivered" | "failed" | "dropped";

/** One event on its way. */
interface EventLetter extends Letter {
  readonly event: WebhookEvent;
}

/** Events on their way to the application: each counted by what became of it, and those that were lost logged. */
export class Outgoing {
  readonly #options: OutgoingOptions;
  readonly #courier: Courier<EventLetter>;
  readonly #logger: Logger;
  readonly #counters = new Map<string, Counter>();
  readonly #unwatch: () => void;
  #lost = 0;

  constructor(options: OutgoingOptions) {
    this.#options = options;
    const { post, clock, ids, metrics, limits } = options;
    const logger = this.#logger = rateLimited(options.logger, clock);
    const took = metrics.histogram("webhook_duration_seconds");
    const waiting = metrics.gauge("webhooks_waiting");
    this.#courier = new Courier({
      clock,
      post,
      random: () => ids.random(),
      tried: (ms) => took.observe(ms / 1000),
      refused({ id, event }, outcome, attempt) {
        const reason = outcome.kind === "refused" ? outcome.reason : "it wants no more of it";
        logger.warn("webhook_refused", { id, webhook: event, attempt, reason });
      },
      done: (letter, outcome) => this.#done(letter, outcome),
      ...limits && { limits },
    });
    this.#unwatch = metrics.onScrape(() => waiting.set(this.#courier.size));
  }

  /** Posts an event, as soon as there is room for it. */
  tell<E extends WebhookEvent>(event: E, data: WebhookData<E>, atMs = this.#options.clock.now()): void {
    this.tellJson(event, JSON.stringify(data), atMs, this.#options.ids.next());
  }

  /** The same with data that is JSON text already, under an id of its own. */
  tellJson(event: WebhookEvent, data: string, atMs: number, id: string): void {
    const body = `{"type":"${event}","timestamp":"${isoTime(atMs)}","data":${data}}`;
    this.#courier.send({ id, event, body });
  }

  /** Gives what waits one more try, and says how much of it could not be delivered. */
  async drain(withinMs: number): Promise<void> {
    const before = this.#lost;
    await this.#courier.drain(withinMs);
    const count = this.#lost - before;
    // the lines of each may have been too many to be written
    if (count > 0) this.#options.logger.warn("webhooks_undelivered", { count });
  }

  close(): void {
    this.#unwatch();
    this.#courier.close();
  }

  #done({ id, event }: EventLetter, outcome: Outcome): void {
    const key = `${event} ${outcome}`;
    let counter = this.#counters.get(key);
    if (!counter) {
      counter = this.#options.metrics.counter("webhooks_total", { event, outcome });
      this.#counters.set(key, counter);
    }
    counter.add(1);
    if (outcome === "delivered") return;
    this.#lost++;
    this.#logger.warn("webhook_lost", { id, webhook: event, outcome });
  }
}
