import { isPlainFile } from "./paths.ts";

/** The last commit that was answered. */
export interface Acknowledged {
  readonly epoch: string;
  readonly commit: number;
}

const LENGTH = 48;

/**
 * A note beside the file of the last commit that was answered. SQLite takes a cut or damaged write-ahead log for a
 * shorter one and says nothing; the note tells. It is written after every commit without being synced: after a
 * power loss it may lag behind the file, never run ahead of it.
 */
export class Mark {
  readonly #path: string;
  readonly #bytes = new Uint8Array(LENGTH);
  #file: Deno.FsFile | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  write({ epoch, commit }: Acknowledged): void {
    if (!isPlainFile(this.#path)) return;
    encoder.encodeInto(`${epoch} ${commit}`.padEnd(LENGTH - 1) + "\n", this.#bytes);
    try {
      this.#file ??= Deno.openSync(markPath(this.#path), { write: true, create: true });
      this.#file.seekSync(0, Deno.SeekMode.Start);
      this.#file.writeSync(this.#bytes);
    } catch {
      // the note is a second witness: the commit stands without it
    }
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}

const encoder = new TextEncoder();

/** What the note says, if there is one that can be read. */
export function readMark(path: string): Acknowledged | undefined {
  if (!isPlainFile(path)) return undefined;
  try {
    const match = /^([0-9a-z]+) (\d+) *\n$/.exec(Deno.readTextFileSync(markPath(path)));
    return match ? { epoch: match[1]!, commit: Number(match[2]) } : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function markPath(path: string): string {
  return `${path}.mark`;
}
