const SOURCE = new URL("../../src/", import.meta.url);

/** One exact change of one file. */
export interface Change {
  /** path below src */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Copies the source to a folder of its own and changes it there.
 * @throws {Error} when a text to change is not there exactly once: the source moved on and the change must follow
 */
export async function changedSource(changes: readonly Change[]): Promise<URL> {
  const folder = await Deno.makeTempDir({ prefix: "denbun-changed-" });
  const root = new URL(`file://${folder}/`);
  await copyFolder(SOURCE, root);
  for (const change of changes) {
    await apply(change, root);
  }
  return root;
}

async function apply({ file, from, to }: Change, root: URL): Promise<void> {
  const path = new URL(file, root);
  const text = await Deno.readTextFile(path);
  const found = text.split(from).length - 1;
  if (found !== 1) throw new Error(`Cannot change ${file}: it has ${found} times ${JSON.stringify(from)}`);
  await Deno.writeTextFile(path, text.replace(from, () => to));
}

async function copyFolder(from: URL, to: URL): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(new URL(`${name}/`, from), new URL(`${name}/`, to));
    else await Deno.copyFile(new URL(name, from), new URL(name, to));
  }
}
