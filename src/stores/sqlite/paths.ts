import { basename, dirname, join } from "node:path";

/** SQLite's names for a database without a file. */
export function isPlainFile(path: string): boolean {
  return path !== "" && path !== ":memory:";
}

/** The one name of a file, whatever links lead to it: its lock and its logs lie beside it. Makes its folder. */
export function realPath(path: string): string {
  if (!isPlainFile(path)) return path;
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    Deno.mkdirSync(dirname(path), { recursive: true });
    return join(Deno.realPathSync(dirname(path)), basename(path));
  }
}
