/**
 * Yjs documents over the Denbun client. Yjs is the application's own: it hands it in, because two copies of it do
 * not understand each other.
 *
 *     import * as Y from "yjs";
 *     import { Awareness } from "y-protocols/awareness";
 *     import { connect } from "@denbun/client";
 *     import { DenbunProvider } from "@denbun/client/yjs";
 *
 *     const doc = new Y.Doc();
 *     const relay = connect("https://example.test", { name: "yamada" });
 *     const provider = new DenbunProvider(relay, "plan", { yjs: Y, doc, awareness: new Awareness(doc) });
 *     doc.getText("content").insert(0, "Hello!");
 *
 * @module
 */
export {
  DenbunProvider,
  type DocumentState,
  type ProviderOptions,
  type YDoc,
  type YjsModule,
} from "./yjs/provider.ts";
export type { AwarenessChanges, AwarenessLike, AwarenessState } from "./yjs/cursors.ts";
export type { Cutter } from "./yjs/pieces.ts";
export { type LocalCode, RelayError } from "./errors.ts";
export type * from "./types.ts";
