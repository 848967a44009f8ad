import { RelayError } from "../../protocol/errors.ts";
import { ErrorCode } from "../../protocol/wire.ts";
import type { Content, Whole } from "./merge.ts";
import type { Merger } from "./merger.ts";

/** What the Worker is asked. */
export type Question =
  & { readonly id: number }
  & (
    | { readonly kind: "merge"; readonly document: readonly string[]; readonly changes: readonly string[] }
    | { readonly kind: "content"; readonly update: Uint8Array }
  );
type Work = Question extends infer Q ? Q extends Question ? Omit<Q, "id"> : never : never;

/** What the Worker says. */
export type Answer =
  | { readonly id: number; readonly result: Whole | Content; readonly failed?: undefined }
  | { readonly id: number; readonly failed: string };

interface Waiter {
  resolve(result: never): void;
  reject(error: Error): void;
}

/** Merges in a Worker, which is started when it is first needed: the loop goes on meanwhile. */
export function inWorker(): Merger {
  return new WorkerMerger();
}

class WorkerMerger implements Merger {
  #worker: Worker | undefined;
  #asked = 0;
  readonly #waiting = new Map<number, Waiter>();

  merge(document: readonly string[], changes: readonly string[]): Promise<Whole> {
    return this.#ask({ kind: "merge", document, changes });
  }

  contentOf(update: Uint8Array): Promise<Content> {
    return this.#ask({ kind: "content", update });
  }

  rest(): void {
    this.#end("the merger was told to rest");
  }

  #ask<T>(work: Work): Promise<T> {
    const id = ++this.#asked;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#started().postMessage({ ...work, id });
    });
  }

  #started(): Worker {
    if (this.#worker) return this.#worker;
    const url = new URL("./merge_worker.ts", import.meta.url);
    const worker = this.#worker = new Worker(url, { type: "module", name: "documents" });
    worker.onmessage = ({ data }: MessageEvent<Answer>) => this.#hear(data);
    worker.onerror = (event) => {
      // without this the Worker's error would end the process
      event.preventDefault();
      if (worker === this.#worker) this.#end(event.message);
    };
    return worker;
  }

  #hear(answer: Answer): void {
    const waiter = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.failed === undefined) waiter?.resolve(answer.result as never);
    else waiter?.reject(new Error(answer.failed));
  }

  #end(reason: string): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    const error = new RelayError(ErrorCode.internal, `Cannot read or merge changes: ${reason}`);
    for (const { reject } of waiting) reject(error);
  }
}
