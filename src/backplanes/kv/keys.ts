/** Where the news of the nodes lie. */
export interface Keys {
  /** changes whenever somebody has news */
  readonly bell: Deno.KvKey;
  /** all mailboxes */
  readonly mailboxes: Deno.KvKey;
  /** how many parts a node has written; gone when the node is */
  mailbox(nodeId: string): Deno.KvKey;
  /** a part of its news */
  part(nodeId: string, n: number): Deno.KvKey;
}

export function keysBelow(prefix: string): Keys {
  return {
    bell: [prefix, "bell"],
    mailboxes: [prefix, "mailbox"],
    mailbox: (nodeId) => [prefix, "mailbox", nodeId],
    part: (nodeId, n) => [prefix, "news", nodeId, n],
  };
}

const ATTEMPTS = 8;
const WAIT_MS = 20;

/** Tries again, with jitter, what fails: a file is locked while another process writes to it. */
export async function patiently<T>(operation: () => Promise<T>): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await operation();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * WAIT_MS * attempt));
    }
  }
}
