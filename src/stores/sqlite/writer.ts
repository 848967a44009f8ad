import { unreachable } from "../../hub/unreachable.ts";
import { ErrorCode } from "../../protocol/wire.ts";
import type { Answer, Batch, Failure } from "../calls.ts";
import { type Commits, GatheredCommits } from "./commits.ts";
import { isBusy, reasonOf } from "./errors.ts";
import { Mark } from "./mark.ts";
import { type FileSettings, StoreFile } from "./store_file.ts";
import { type Reply, type WriteBatch, WriteQueue } from "./write_queue.ts";

export type ReadBatch = Extract<Batch, { lane: "read" }>;

export interface WriterOptions {
  readonly settings: FileSettings;
  /** told when writing stops working, and when it works again */
  readonly report: (report: WriterReport | Commits) => void;
}

export type WriterReport = { readonly kind: "broken"; readonly reason: string } | { readonly kind: "healed" };

/** The wait between attempts to get a lock that someone else holds. */
const LOCK_RETRY_MS = 20;
/** The wait between attempts to open the file anew. */
const HEAL_RETRY_MS = 250;

type State =
  | { readonly kind: "open"; readonly file: StoreFile }
  /** a commit failed: `file`, if there is one, is good for reading what was committed before */
  | {
    readonly kind: "broken";
    readonly file: StoreFile | undefined;
    readonly reason: string;
    readonly retryMs: number;
  }
  | { readonly kind: "closed" };

/**
 * The one writer of a file. Everything that arrives while a commit runs goes into the next one. A commit that fails
 * leaves its calls unknown: the file is opened anew, and nothing remembered about it survives that.
 */
export class Writer {
  readonly #options: WriterOptions;
  readonly #mark: Mark;
  readonly #commits: GatheredCommits;
  readonly #queue = new WriteQueue();
  #state: State = { kind: "broken", file: undefined, reason: "it is not open yet", retryMs: 0 };
  /** the next turn, if one is coming */
  #next: { cancel(): void } | undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#commits = new GatheredCommits(options.report);
    this.#mark = new Mark(options.settings.path);
  }

  write(batch: WriteBatch, reply: Reply): void {
    this.#queue.add(batch, reply);
    this.#turnSoon();
  }

  /** Answers at once, from the last state that was committed. */
  read({ calls }: ReadBatch, reply: Reply): void {
    const file = this.#readable();
    if (!file) return reply("", calls.map(() => this.#failure()));
    reply(
      file.epoch,
      calls.map((call) => {
        try {
          return file.read(call);
        } catch (error) {
          return { failed: ErrorCode.storeUnavailable, reason: reasonOf(error) };
        }
      }),
    );
  }

  /** Commits what is waiting, then gives the file back. */
  close(): void {
    this.#next?.cancel();
    this.#turn();
    this.#queue.refuseAll(this.#failure());
    if (this.#state.kind !== "closed") this.#state.file?.close();
    this.#state = { kind: "closed" };
    this.#next?.cancel();
    this.#commits.flush();
    this.#mark.close();
  }

  #turnSoon(): void {
    if (this.#next) return;
    // after the input that is already waiting: it belongs to the same commit
    const immediate = setImmediate(() => this.#turn());
    this.#next = { cancel: () => clearImmediate(immediate) };
  }

  #turnLater(delayMs: number): void {
    const timer = setTimeout(() => this.#turn(), delayMs);
    this.#next = { cancel: () => clearTimeout(timer) };
  }

  #turn(): void {
    this.#next = undefined;
    if (this.#queue.empty) return;
    switch (this.#ready()) {
      case "yes":
        break;
      case "busy":
        this.#queue.refuseOverdue();
        return this.#turnLater(LOCK_RETRY_MS);
      case "no":
        return this.#queue.refuseAll(this.#failure());
    }
    this.#commit();
    if (!this.#queue.empty) this.#turnSoon();
  }

  /** Opens a transaction, and the file before it if need be. */
  #ready(): "yes" | "busy" | "no" {
    try {
      const file = this.#state.kind === "open" ? this.#state.file : this.#heal();
      if (!file) return "no";
      file.begin();
      return "yes";
    } catch (error) {
      if (isBusy(error)) return "busy";
      this.#break(error);
      return "no";
    }
  }

  #commit(): void {
    if (this.#state.kind !== "open") return;
    const { file } = this.#state;
    const group = this.#queue.takeGroup();
    const startMs = performance.now();
    let answers: Answer[];
    try {
      answers = file.commit(group.calls);
    } catch (error) {
      this.#break(error);
      return group.refuse(this.#failure());
    }
    this.#commits.add(group.calls.length, (performance.now() - startMs) / 1000);
    group.answer(file.epoch, answers);
    this.#mark.write({ epoch: file.epoch, commit: file.commits });
    try {
      file.tidy();
    } catch (error) {
      if (!isBusy(error)) this.#break(error);
    }
  }

  /** From here on only reading what was committed before, until the file is opened anew. */
  #break(error: unknown): void {
    if (this.#state.kind === "closed") return;
    let { file } = this.#state;
    if (this.#state.kind === "open") {
      try {
        file?.rollback();
      } catch {
        // not even readable any more
        file?.close();
        file = undefined;
      }
    }
    const reason = reasonOf(error);
    const told = this.#state.kind === "broken" && this.#state.reason === reason;
    this.#state = { kind: "broken", file, reason, retryMs: performance.now() + HEAL_RETRY_MS };
    if (!told) this.#options.report({ kind: "broken", reason });
  }

  /**
   * Opens the file anew when it is time to. The old handle stays open meanwhile, for reading, and so that a commit
   * that failed half-way is not taken up by the new one.
   */
  #heal(): StoreFile | undefined {
    if (this.#state.kind !== "broken" || performance.now() < this.#state.retryMs) return undefined;
    const { settings, report } = this.#options;
    const before = this.#state.file;
    const first = this.#state.retryMs === 0;
    const file = new StoreFile(settings);
    before?.close();
    this.#state = { kind: "open", file };
    if (!first) report({ kind: "healed" });
    return file;
  }

  #readable(): StoreFile | undefined {
    switch (this.#state.kind) {
      case "open":
        return this.#state.file;
      case "broken":
        try {
          return this.#state.file ?? this.#heal();
        } catch (error) {
          if (!isBusy(error)) this.#break(error);
          return undefined;
        }
      case "closed":
        return undefined;
      default:
        return unreachable(this.#state);
    }
  }

  #failure(): Failure {
    const state = this.#state;
    if (state.kind !== "broken") return { failed: ErrorCode.storeUnavailable, reason: "the store is closed" };
    const retryAfterMs = Math.max(0, Math.ceil(state.retryMs - performance.now()));
    return { failed: ErrorCode.storeUnavailable, reason: state.reason, retryAfterMs };
  }
}
