/**
 * Real parts that a test needs. On a user's machine a missing one skips the test with a line that says so; under
 * CI it is a failure, because a skipped proof is none.
 */
export async function has(command: string, ...probe: string[]): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(command, { args: probe, stdout: "null", stderr: "null" })
      .output();
    if (success) return true;
  } catch {
    // not there
  }
  if (Deno.env.get("CI") === "true") throw new Error(`${command} is missing, and under CI it must be there`);
  // deno-lint-ignore no-console -- the line that says so
  console.log(`skipped: ${[command, ...probe].join(" ")} does not work on this machine`);
  return false;
}
