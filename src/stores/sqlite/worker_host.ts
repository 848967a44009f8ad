import type { Logger } from "../../hub/ports.ts";
import { unreachable } from "../../hub/unreachable.ts";
import { BYE, type LineMessage } from "../calls.ts";
import type { FileSettings } from "./store_file.ts";
import type { FromWorker, ToWorker } from "./worker_messages.ts";

export interface WorkerHostOptions {
  readonly settings: FileSettings;
  readonly logger?: Logger | undefined;
  readonly onCommit?: ((writes: number, seconds: number) => void) | undefined;
}

/** How long the Worker may take to close: a disk that hangs must not keep the process. */
const CLOSE_MS = 5_000;
/** The wait before a Worker that died young is replaced. */
const YOUNG_MS = 1_000;
const RESTART_MS = 250;

/**
 * Runs the Worker of a store file, replaces it when it dies, and leads every client's line to the one that lives.
 */
export class WorkerHost {
  readonly #options: WorkerHostOptions;
  readonly #lines = new Set<MessagePort>();
  #worker: Worker | undefined;
  #restart: ReturnType<typeof setTimeout> | undefined;
  #closed: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: WorkerHostOptions) {
    this.#options = options;
    this.#start();
  }

  /** A new line to the store, for `connectStore`, here or in any Worker of this process. */
  port(): MessagePort {
    const { port1: line, port2: theirs } = new MessageChannel();
    if (this.#closing) {
      line.postMessage({ kind: "closed" } satisfies LineMessage);
      line.close();
      return theirs;
    }
    this.#lines.add(line);
    line.onmessage = ({ data }: MessageEvent<typeof BYE>) => {
      if (data !== BYE) return;
      this.#lines.delete(line);
      line.close();
    };
    this.#connect(line);
    return theirs;
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  #start(): void {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "store" });
    const startedMs = performance.now();
    this.#worker = worker;
    worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => this.#hear(data));
    worker.addEventListener("error", (event) => {
      // without this the Worker's error would end the process
      event.preventDefault();
      this.#replace(event.message, startedMs);
    });
    this.#tell({ kind: "open", settings: this.#options.settings });
    for (const line of this.#lines) this.#connect(line);
  }

  #connect(line: MessagePort): void {
    if (!this.#worker) return;
    const { port1, port2 } = new MessageChannel();
    this.#tell({ kind: "connect", port: port1 }, port1);
    line.postMessage({ kind: "connected", port: port2 } satisfies LineMessage, [port2]);
  }

  #replace(reason: string, startedMs: number): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#closed?.();
    if (this.#closing) return;
    this.#options.logger?.error("store_worker_died", new Error(reason));
    for (const line of this.#lines) line.postMessage({ kind: "lost" } satisfies LineMessage);
    const young = performance.now() - startedMs < YOUNG_MS;
    this.#restart = setTimeout(() => this.#start(), young ? RESTART_MS : 0);
  }

  #hear(message: FromWorker): void {
    const { logger, onCommit, settings: { path } } = this.#options;
    switch (message.kind) {
      case "broken":
        return logger?.error("store_broken", new Error(message.reason), { path });
      case "healed":
        return logger?.warn("store_healed", { path });
      case "commits":
        for (const [n, writes] of message.writes.entries()) onCommit?.(writes, message.seconds[n]!);
        return;
      case "closed":
        return this.#closed?.();
      default:
        return unreachable(message);
    }
  }

  async #close(): Promise<void> {
    clearTimeout(this.#restart);
    if (this.#worker) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, CLOSE_MS);
        this.#closed = () => {
          clearTimeout(timer);
          resolve();
        };
        this.#tell({ kind: "close" });
      });
      this.#worker?.terminate();
    }
    for (const line of this.#lines) {
      line.postMessage({ kind: "closed" } satisfies LineMessage);
      line.close();
    }
    this.#lines.clear();
  }

  #tell(message: ToWorker, ...transfer: Transferable[]): void {
    this.#worker?.postMessage(message, transfer);
  }
}
