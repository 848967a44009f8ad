import { toBase64 } from "../protocol/base64.ts";
import { RelayError } from "../protocol/errors.ts";
import type { RemoteCursor } from "../protocol/messages.ts";
import { CursorMove, DocumentChange, GetDocument } from "../protocol/schemas.ts";
import { FeatureMessages } from "../protocol/server_schemas.ts";
import { ClientType, DOCUMENT_PREFIX, ErrorCode } from "../protocol/wire.ts";
import { type Feature, featureHandler, type FeatureHost, type FeatureRoom } from "../hub/feature.ts";
import { CHANGE, Document } from "./documents/document.ts";
import { type Content, contentOf } from "./documents/merge.ts";
import type { Merger } from "./documents/merger.ts";
import { inWorker } from "./documents/worker_merger.ts";

export type { Merger };

/** What can be chosen about documents. */
export interface DocumentsOptions {
  /** bytes of a merged document: 4 MiB */
  readonly maxDocumentBytes?: number;
  /** bytes of one change: 45,000, which fits into an envelope of JSON */
  readonly maxChangeBytes?: number;
  /** changes after which there is a new snapshot: 500 */
  readonly snapshotEvery?: number;
  /** bytes of changes after which there is a new snapshot, at least: 128 KiB */
  readonly snapshotBytes?: number;
  /** Which rooms are documents; those that begin with `document:`, by default. */
  readonly owns?: (roomId: string) => boolean;
  /** Does what takes Yjs long: in a Worker, by default. */
  readonly merger?: Merger;
}

/** A change up to this size is read on the spot: it takes a millisecond at most. */
const SMALL_BYTES = 4_096;

/**
 * Documents that many edit at a time, by Yjs: changes are stored and delivered like messages, and merged into a
 * snapshot every now and then, which is what a reader begins with. [F3]
 */
export function documents(options: DocumentsOptions = {}): Feature {
  const {
    maxDocumentBytes: maxBytes = 4 * 2 ** 20,
    maxChangeBytes = 45_000,
    snapshotEvery = 500,
    snapshotBytes = 128 * 1024,
    owns = (roomId) => roomId.startsWith(DOCUMENT_PREFIX),
    merger = inWorker(),
  } = options;
  let host: FeatureHost;
  const open = new Map<FeatureRoom, Document>();
  const documentOf = (room: FeatureRoom) => {
    let document = open.get(room);
    if (!document) {
      document = new Document(room, { host, merger, maxBytes, snapshotEvery, snapshotBytes });
      open.set(room, document);
    }
    return document;
  };

  return {
    name: "document",
    owns,
    sends: {
      document_snapshot: FeatureMessages.document_snapshot,
      remote_change: FeatureMessages.remote_change,
      remote_cursor: FeatureMessages.remote_cursor,
    },
    handlers: {
      [ClientType.documentChange]: featureHandler<DocumentChange>({
        schema: DocumentChange,
        right: "write",
        opens: true,
        async handle({ payload: { documentId, changes, version }, room, publish }) {
          const document = documentOf(room!);
          const content = await checked(changes, maxChangeBytes, merger);
          await document.ready();
          await document.admit(changes.length, content);
          publish(CHANGE, { documentId, changes: toBase64(changes), version });
        },
      }),
      [ClientType.getDocument]: featureHandler<GetDocument>({
        schema: GetDocument,
        right: "read",
        opens: true,
        async handle({ payload: { documentId, part }, room }) {
          const { epoch, messages } = await documentOf(room!).opening();
          const message = messages[part];
          if (message) return { ...message.payload, epoch };
          const because = `Cannot read document "${documentId}": its snapshot has ${messages.length} parts`;
          throw new RelayError(ErrorCode.badRequest, because);
        },
      }),
      [ClientType.cursorMove]: featureHandler<CursorMove>({
        schema: CursorMove,
        right: "write",
        joined: true,
        ephemeral: true,
        handle({ payload: { documentId, position }, room, identity: { userId, userName } }) {
          const cursor: RemoteCursor = { roomId: room!.id, documentId, userId, userName, position };
          if (room!.small) room!.broadcast("remote_cursor", cursor, { key: `cursor:${userId}` });
          return {};
        },
      }),
    },
    start(given) {
      host = given;
      return () => merger.rest();
    },
    stored: (room, _, length) => documentOf(room).grew(length),
    opening: (room) => documentOf(room).opening(),
    closed(room) {
      open.get(room)?.close();
      open.delete(room);
      if (open.size === 0) merger.rest();
    },
  };
}

/** What an update is made of; nothing that Yjs cannot read comes into a log. */
async function checked(update: Uint8Array, maxBytes: number, merger: Merger): Promise<Content> {
  if (update.length > maxBytes) {
    const because = `Cannot change document: the change has ${update.length} bytes, the limit is ${maxBytes}`;
    throw new RelayError(ErrorCode.tooLarge, because);
  }
  try {
    return update.length <= SMALL_BYTES ? contentOf(update) : await merger.contentOf(update);
  } catch (error) {
    if (error instanceof RelayError) throw error;
    throw new RelayError(ErrorCode.badRequest, "Cannot change document: the change is no Yjs update", {
      cause: error,
    });
  }
}
