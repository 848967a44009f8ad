/// <reference lib="deno.worker" />
/**
 * The Worker that owns a store file. Its parent hands it a port for every client.
 * @module
 */
import { unreachable } from "../../hub/unreachable.ts";
import { type Answers, type Batch, BYE } from "../calls.ts";
import type { FromWorker, ToWorker } from "./worker_messages.ts";
import type { Reply } from "./write_queue.ts";
import { Writer } from "./writer.ts";

let writer: Writer | undefined;

const tell = (message: FromWorker) => self.postMessage(message);

// nothing is caught here: a Worker that does not understand its parent is replaced
self.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  switch (data.kind) {
    case "open":
      writer = new Writer({ settings: data.settings, report: tell });
      return;
    case "connect":
      return connect(data.port);
    case "close":
      writer?.close();
      return tell({ kind: "closed" });
    default:
      return unreachable(data);
  }
});

function connect(port: MessagePort): void {
  port.onmessage = ({ data }: MessageEvent<Batch | typeof BYE>) => {
    if (data === BYE) return port.close();
    const { batch } = data;
    const reply: Reply = (epoch, answers) => port.postMessage({ batch, epoch, answers } satisfies Answers);
    if (data.lane === "write") writer!.write(data, reply);
    else writer!.read(data, reply);
  };
}
