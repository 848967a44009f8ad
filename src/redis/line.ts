import { OwnPause } from "../hub/own_pause.ts";
import type { Logger } from "../hub/ports.ts";
import { Pending } from "./pending.ts";
import { type Conversation, dial, type Dialled, type Reply } from "./server.ts";
import { movedTo, speaksForAnother } from "./errors.ts";
import { Silence } from "./silence.ts";

/** How a line is kept. */
export interface LineOptions {
  /** `redis[s]://[[user][:password]@]host[:port][/database]` */
  readonly url: string;
  /** what it is for, in log lines */
  readonly name: string;
  readonly logger: Logger;
  /** Prepares a new connection; nothing else goes through it before that is done, and without it never. */
  readonly greet: (conversation: Conversation) => Promise<void>;
  /** Is told of each connection once commands go through it. */
  readonly up?: () => void;
}

/** A command without an answer is given up after this. */
const TIMEOUT_MS = 2000;
/** Commands on their way at once, and characters of their text; above it they are refused. */
const MAX_PENDING = 16_384;
const MAX_PENDING_CHARACTERS = 64 * 2 ** 20;
/** A server that says nothing for this long while it is greeted is left; one that is only slow is not. */
const SILENT_MS = 1000;
const RETRY_FIRST_MS = 50;
/** Short enough to be back within two seconds of the server, whatever moment it comes back at. */
const RETRY_MAX_MS = 400;
/** How often a quiet line is tried, and a busy one looked at. */
const BEAT_MS = 500;

/**
 * A line to a Redis that is kept up by itself. While it is down commands are refused at once instead of queued, a
 * server that says nothing for 2 s is taken to be gone, and each connection begins with the same greeting. So whoever
 * uses it has an answer or an error within a little more than that, and a working line soon after the server is back.
 */
export class RedisLine {
  readonly #options: LineOptions;
  readonly #pending = new Pending(MAX_PENDING, MAX_PENDING_CHARACTERS);
  readonly #running: Promise<void>;
  readonly #begun = Promise.withResolvers<void>();
  #url: string;
  #current: Dialled | undefined;
  #downSinceMs = performance.now();
  #wake: (() => void) | undefined;
  #closed = false;
  #closing: Promise<void> | undefined;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#url = options.url;
    this.#running = this.#run();
  }

  /** Whether commands can be sent now. */
  get isUp(): boolean {
    return this.#current !== undefined;
  }

  /** Resolves when the first attempt to connect was made, whatever became of it. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  /**
   * Sends a command. One that rejects may have been carried out all the same.
   * @throws {Error} with what Redis or the network says
   */
  command(...args: string[]): Promise<Reply> {
    const current = this.#current;
    if (!current) return Promise.reject(new Error("there is no connection"));
    const added = this.#pending.add(charactersOf(args));
    if (!added) return Promise.reject(new Error("too many commands are waiting"));
    current.command(...args).then(added.resolve, (error: Error) => {
      added.reject(error);
      // a server that was a master, or a place that had our keys: the next connection finds who has them now
      if (speaksForAnother(error)) this.#leave(current, error);
    });
    return added.answer;
  }

  /** Takes the present connection for broken and makes another one. */
  renew(reason: string): void {
    if (this.#current) this.#leave(this.#current, new Error(reason));
  }

  /** Resolves when all that was sent is answered and the connection is gone. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#closed = true;
    await this.#pending.settled();
    this.#current?.destroy();
    this.#wake?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#closed) {
      try {
        const dialled = await this.#connect();
        failures = 0;
        await this.#last(dialled);
      } catch (error) {
        this.#failed(error as Error, failures++);
      }
      if (this.#closed) break;
      const waitMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** failures) * (0.5 + Math.random() / 2);
      await this.#pause(waitMs);
    }
  }

  /** A greeted connection, or an error: never one that hangs. */
  async #connect(): Promise<Dialled> {
    const dialled = await dial(this.#url);
    if (this.#closed) throw new Error("the line is closed");
    const silence = new Silence(SILENT_MS);
    this.#wake = () => silence.giveUp("the line is closed");
    const greeted = dialled.connect().then(() => {
      silence.broken();
      return this.#options.greet({
        command: (...args) => dialled.command(...args).finally(() => silence.broken()),
        subscribe: (channel, listener) => dialled.subscribe(channel, listener),
      });
    });
    // who loses the race may still reject
    greeted.catch(() => {});
    try {
      await Promise.race([greeted, silence.tooLong]);
      return dialled;
    } catch (error) {
      dialled.destroy();
      this.#url = movedTo(this.#options.url, error as Error) ?? this.#options.url;
      throw error;
    } finally {
      silence.end();
      this.#wake = undefined;
    }
  }

  /** Lets commands through until the connection is lost. */
  async #last(dialled: Dialled): Promise<void> {
    if (this.#closed) return dialled.destroy();
    const { logger, name } = this.#options;
    const downMs = Math.round(performance.now() - this.#downSinceMs);
    this.#current = dialled;
    this.#begun.resolve();
    logger.info("redis_up", { name, downMs });
    this.#options.up?.();
    const pause = new OwnPause(BEAT_MS, performance.now());
    const beat = setInterval(() => {
      if (pause.mayJudge(performance.now())) this.#beat(dialled);
    }, BEAT_MS);
    const reason = await dialled.lost;
    clearInterval(beat);
    this.#leave(dialled, reason);
  }

  #beat(dialled: Dialled): void {
    const { silentMs } = this.#pending.refuseOverdue(TIMEOUT_MS);
    if (silentMs > TIMEOUT_MS) this.#leave(dialled, new Error(`no answer within ${TIMEOUT_MS} ms`));
    else if (this.#pending.size === 0) this.command("PING").catch(() => {});
  }

  #leave(dialled: Dialled, reason: Error): void {
    if (this.#current !== dialled) return;
    const { logger, name } = this.#options;
    if (!this.#closed) logger.warn("redis_down", { name, reason: reason.message });
    this.#current = undefined;
    this.#url = movedTo(this.#options.url, reason) ?? this.#options.url;
    this.#downSinceMs = performance.now();
    this.#pending.refuseAll(reason);
    dialled.destroy();
  }

  #failed(error: Error, failures: number): void {
    const { logger, name } = this.#options;
    this.#begun.resolve();
    // an outage says itself once; what else is tried is for who looks closely
    const log = failures === 0 ? logger.warn : logger.debug;
    if (!this.#closed) log.call(logger, "redis_unreachable", { name, reason: error.message });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wake = done;
    });
  }
}

function charactersOf(args: readonly string[]): number {
  let characters = 0;
  for (const { length } of args) characters += length;
  return characters;
}
