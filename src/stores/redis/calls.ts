import type { Logger } from "../../hub/ports.ts";
import { RedisLine } from "../../redis/line.ts";
import type { Command, Conversation, Reply } from "../../redis/server.ts";
import { unavailable } from "../unavailable.ts";
import type { Keys } from "./keys.ts";
import { endLife, settleLife } from "./life.ts";
import { Scripts } from "./run_scripts.ts";
import { type ScriptName, STALE } from "./scripts.ts";
import { Witness } from "./witness.ts";

/** What calls are made with. */
export interface CallsOptions {
  readonly url: string;
  readonly logger: Logger;
  readonly keys: Keys;
}

/** Makes something of a reply that came under an epoch. */
type Decode<T> = (reply: Reply, epoch: string) => T;

/** The server went on under another epoch than the one a call was made with. */
class StaleError extends Error {}

/** Calls that may wait for the first connection. */
const MAX_EARLY = 1000;
const COMPLAIN_EVERY_MS = 10_000;
/** After this long nothing can come any more that was sent on a connection before: TCP gives up much sooner. */
const LATE_S = 3600;

/** Scripts run on a Redis, each under the epoch that counts there. */
export class Calls {
  readonly #options: CallsOptions;
  readonly #scripts = new Scripts();
  readonly #witness = new Witness();
  readonly #line: RedisLine;
  readonly #connectionKey: string;
  #connection = 0;
  #epoch = "";
  #settling: Promise<void> | undefined;
  #running = 0;
  #complainMs = 0;
  #saidMayEvict = false;
  #idle: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: CallsOptions) {
    const { url, logger, keys } = options;
    this.#options = options;
    this.#connectionKey = keys.connection(crypto.randomUUID());
    this.#line = new RedisLine({
      url,
      name: "store",
      logger,
      greet: (conversation) => this.#greet(conversation),
    });
  }

  /** The epoch as it was last seen; empty before the first connection. */
  get epoch(): string {
    return this.#epoch;
  }

  /** Runs one script, as a whole call of the store. */
  call<T>(name: ScriptName, keys: readonly string[], args: readonly string[], decode: Decode<T>): Promise<T> {
    return this.run(() => this.ask(name, keys, args, decode));
  }

  /** A call of the store: all that can go wrong in it becomes the one error that a store may have. [A3] */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#closing) throw unavailable("the store is closed");
    this.#running++;
    try {
      // what is asked for while the process starts waits for the first attempt to connect
      if (this.#epoch === "" && this.#running <= MAX_EARLY) await this.#line.begun;
      return await call();
    } catch (error) {
      this.#complain(error as Error);
      throw unavailable((error as Error).message);
    } finally {
      if (--this.#running === 0) this.#idle?.();
    }
  }

  /** What Redis refuses while it is there, as a full one does, is for the operator to know; now and then is enough. */
  #complain({ message }: Error): void {
    const nowMs = performance.now();
    if (!this.#line.isUp || nowMs < this.#complainMs) return;
    this.#complainMs = nowMs + COMPLAIN_EVERY_MS;
    this.#options.logger.warn("redis_refused", { reason: message });
  }

  /** Runs a script under the epoch that counts; when another one does by now, once more under that one. */
  async ask<T>(
    name: ScriptName,
    keys: readonly string[],
    args: readonly string[],
    decode: Decode<T>,
  ): Promise<T> {
    if (this.#settling) await this.#settling;
    try {
      return await this.#askOnce(name, keys, args, decode);
    } catch (error) {
      if (!(error instanceof StaleError)) throw error;
    }
    await this.#settleOnce(() => Promise.resolve());
    return await this.#askOnce(name, keys, args, decode);
  }

  /** Whatever is asked meanwhile waits until it is clear which epoch counts. */
  #settleOnce(before: () => Promise<void>): Promise<void> {
    return this.#settling ??= before().then(() => this.#settle(this.command)).finally(() =>
      this.#settling = undefined
    );
  }

  /** Replies are decoded in the order they came in: what is noted of a log must not go back by itself. */
  #askOnce<T>(
    name: ScriptName,
    keys: readonly string[],
    args: readonly string[],
    decode: Decode<T>,
  ): Promise<T> {
    const epoch = this.#epoch;
    const allKeys = [this.#options.keys.life, ...keys, this.#connectionKey];
    const allArgs = [epoch, ...args, String(this.#connection)];
    return this.#scripts.run(this.command, name, allKeys, allArgs).then(
      (reply) => {
        if (reply === STALE) throw new StaleError("the epoch changed");
        return decode(reply, epoch);
      },
    );
  }

  /** One command that is no script. */
  readonly command: Command = (...args) => this.#line.command(...args);

  /** Waits for what is under way. */
  close(): Promise<void> {
    return this.#closing ??= this.#settled().then(() => this.#line.close());
  }

  async #greet({ command }: Conversation): Promise<void> {
    const present = String(++this.#connection);
    await Promise.all([
      this.#scripts.load(command),
      command("SET", this.#connectionKey, present, "EX", String(LATE_S)),
      this.#settle(command),
    ]);
  }

  async #settle(command: Command): Promise<void> {
    const { logger } = this.#options;
    const epoch = await settleLife(command, this.#scripts, {
      key: this.#options.keys.life,
      known: this.#epoch || undefined,
      shorter: (command) => this.#shorter(command),
      ended: (reason) => logger.warn("epoch_ended", { reason }),
      mayEvict: () => this.#mayEvict(),
    });
    if (epoch !== this.#epoch) this.#witness.forget();
    this.#epoch = epoch;
  }

  #mayEvict(): void {
    if (this.#saidMayEvict) return;
    this.#saidMayEvict = true;
    this.#options.logger.warn("redis_may_evict", { advice: "set maxmemory-policy noeviction" });
  }

  async #shorter(command: Command): Promise<boolean> {
    const roomIds = this.#witness.roomIds();
    const tops = await Promise.all(
      roomIds.map((roomId) => command("HGET", this.#options.keys.head(roomId), "top")),
    );
    return this.#witness.contradicts(roomIds, tops.map(Number));
  }

  /**
   * The server just said that a room's log reaches this far.
   * @throws {Error} when it was longer before: then its epoch ends
   */
  saw(roomId: string, top: number): void {
    if (this.#witness.saw(roomId, top)) return;
    const { logger, keys } = this.#options;
    logger.error("log_shortened", new Error("a log is shorter than it was"), { roomId, top });
    this.#witness.forget();
    const end = () => endLife(this.command, this.#scripts, keys.life, this.#epoch);
    this.#settleOnce(end).catch((error) => this.#line.renew(String(error)));
    throw new Error("the log is shorter than it was");
  }

  #settled(): Promise<void> {
    return this.#running === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle = resolve);
  }
}
