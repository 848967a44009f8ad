import * as Y from "yjs";
import { fromBase64, toBase64 } from "../../src/protocol/base64.ts";
import type { Ack, DocumentSnapshot, RemoteChange, Saved } from "../../src/protocol/messages.ts";
import type { TestClient } from "../harness/mod.ts";

/** Somebody who edits a document with nothing but Yjs and the wire. */
export class Editor {
  readonly doc = new Y.Doc();
  readonly client: TestClient;
  readonly documentId: string;
  /** changes that Yjs could not integrate */
  passedOver = 0;
  #read = 0;

  constructor(client: TestClient, documentId: string, clientId?: number) {
    this.client = client;
    this.documentId = documentId;
    if (clientId !== undefined) this.doc.clientID = clientId;
  }

  get text(): Y.Text {
    return this.doc.getText("content");
  }

  /** Joins, and takes in everything that came. */
  async join(options: object = {}): Promise<void> {
    await this.client.join(`document:${this.documentId}`, options);
    this.take();
  }

  /** Takes in what has arrived since it was last called. */
  take(): void {
    const all = this.client.all();
    for (const { type, payload } of all.slice(this.#read)) {
      if (type === "document_snapshot") this.#part(payload as DocumentSnapshot);
      if (type === "remote_change") this.#apply(payload as RemoteChange);
    }
    this.#read = all.length;
  }

  /** Edits, and sends what that changed. */
  edit(change: (text: Y.Text) => void, messageId?: string): Promise<Ack<Saved>> {
    return this.send(updateOf(this.doc, () => change(this.text)), messageId);
  }

  send(update: Uint8Array, messageId?: string): Promise<Ack<Saved>> {
    const payload = { documentId: this.documentId, changes: toBase64(update), version: 1 };
    return this.client.ask<Saved>("document_change", payload, messageId);
  }

  #parts: Uint8Array[] = [];

  #part({ part, parts, data }: DocumentSnapshot): void {
    if (part === 0) this.#parts = [];
    this.#parts.push(fromBase64(data as string));
    if (this.#parts.length !== part + 1) throw new Error(`part ${part} came out of order`);
    if (part === parts - 1) Y.applyUpdate(this.doc, joined(this.#parts));
  }

  #apply({ changes }: RemoteChange): void {
    try {
      Y.applyUpdate(this.doc, fromBase64(changes as string));
    } catch {
      this.passedOver++;
    }
  }
}

/** What an edit changed, as one update. */
export function updateOf(doc: Y.Doc, edit: () => void): Uint8Array {
  const updates: Uint8Array[] = [];
  const take = (update: Uint8Array) => void updates.push(update);
  doc.on("update", take);
  doc.transact(edit);
  doc.off("update", take);
  return Y.mergeUpdates(updates);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}
