import type { OutboxItem, OutboxStore } from "../../../src/client/mod.ts";
import { type Keep, readJson } from "../../shared/storage.ts";

const KEY = "outbox";

/**
 * Unsent messages that outlive a reload. Give it a tab's own storage: two tabs that share one would both send
 * what is in it.
 */
export function outboxStore(keep: Keep): OutboxStore {
  let items: readonly OutboxItem[] = readJson(keep, KEY, isItems) ?? [];
  const write = (changed: readonly OutboxItem[]) => {
    items = changed;
    keep.set(KEY, items.length === 0 ? undefined : JSON.stringify(items));
    return Promise.resolve();
  };
  return {
    load: () => Promise.resolve([...items]),
    put: (item) => write([...items.filter((other) => other.messageId !== item.messageId), item]),
    delete: (messageId) => write(items.filter((other) => other.messageId !== messageId)),
  };
}

function isItems(value: unknown): value is OutboxItem[] {
  return Array.isArray(value) && value.every(isItem);
}

function isItem(value: unknown): value is OutboxItem {
  if (typeof value !== "object" || value === null) return false;
  const { messageId, roomId, type, payload } = value as Partial<Record<keyof OutboxItem, unknown>>;
  return typeof messageId === "string" && typeof roomId === "string" &&
    (type === "send_message" || type === "publish") && typeof payload === "object" && payload !== null;
}
