/** A folder for one test. Ends with `await using`. */
export class Folder implements AsyncDisposable {
  readonly path: string;
  #mounted = false;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<Folder> {
    return new Folder(await Deno.makeTempDir({ prefix: "denbun-" }));
  }

  /** A folder on a disk of its own, so large. */
  static async mount(size: string): Promise<Folder> {
    const folder = await Folder.make();
    await run("mount", "-t", "tmpfs", "-o", `size=${size}`, "denbun-test", folder.path);
    folder.#mounted = true;
    return folder;
  }

  file(name: string): string {
    return `${this.path}/${name}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // lazily: a test that failed may not have closed its files
    if (this.#mounted) await run("umount", "--lazy", this.path);
    await Deno.remove(this.path, { recursive: true });
  }
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, stdout: "null" }).output();
  if (!success) throw new Error(`Cannot run ${command}: ${new TextDecoder().decode(stderr)}`);
}
