import { isPlainFile } from "./paths.ts";

export interface FileLock {
  release(): void;
}

/**
 * Takes the file for this process. The operating system gives the lock back when the process ends, however it
 * ends, so a stale one cannot be.
 * @throws {Error} when another process, or another store of this one, has the file
 */
export function lockFile(path: string): FileLock {
  if (!isPlainFile(path)) return { release() {} };
  const file = Deno.openSync(`${path}.lock`, { read: true, write: true, create: true });
  if (!file.tryLockSync(true)) {
    const holder = readHolder(file);
    file.close();
    throw new Error(`Cannot open "${path}": ${holder} has it open, and only one process can`);
  }
  file.truncateSync(0);
  file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
  return { release: () => file.close() };
}

function readHolder(file: Deno.FsFile): string {
  const bytes = new Uint8Array(16);
  let length = 0;
  try {
    length = file.readSync(bytes) ?? 0;
  } catch {
    // where locks forbid reading, the holder stays unnamed
  }
  const pid = new TextDecoder().decode(bytes.subarray(0, length)).trim();
  return pid === "" ? "another process" : pid === String(Deno.pid) ? "this process" : `process ${pid}`;
}
