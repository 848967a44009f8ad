import type { Commits } from "./commits.ts";
import type { FileSettings } from "./store_file.ts";
import type { WriterReport } from "./writer.ts";

/** What the process tells its store Worker. */
export type ToWorker =
  /** comes once and first */
  | { readonly kind: "open"; readonly settings: FileSettings }
  /** a new client, at the other end of the port */
  | { readonly kind: "connect"; readonly port: MessagePort }
  | { readonly kind: "close" };

/** What the store Worker tells the process. */
export type FromWorker = WriterReport | Commits | { readonly kind: "closed" };
