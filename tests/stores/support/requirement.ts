/** Something a test needs from the machine. */
export interface Requirement {
  readonly met: boolean;
  readonly what: string;
}

function runs(command: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(command, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

function mountsTmpfs(): boolean {
  const folder = Deno.makeTempDirSync({ prefix: "denbun-" });
  try {
    return runs("mount", "-t", "tmpfs", "-o", "size=1m", "denbun-test", folder) && runs("umount", folder);
  } finally {
    Deno.removeSync(folder);
  }
}

export const tmpfs: Requirement = { met: mountsTmpfs(), what: "a tmpfs mounted, which takes Linux and root" };

export const strace: Requirement = {
  met: runs("strace", "-f", "-e", "trace=fsync", "true"),
  what: "strace and the right to trace",
};

/** A test that is skipped, and says why, where its requirement is not met; under CI that is a failure. */
export function testWith({ met, what }: Requirement, name: string, run: () => Promise<void>): void {
  const ignore = !met && Deno.env.get("CI") !== "true";
  Deno.test({
    name: ignore ? `${name} [skipped: needs ${what}]` : name,
    ignore,
    fn: () => {
      if (!met) throw new Error(`Cannot run: CI has to offer ${what}`);
      return run();
    },
  });
}
