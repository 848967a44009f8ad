import type { Command, Reply } from "../../redis/server.ts";
import { type ScriptName, SCRIPTS } from "./scripts.ts";

/** The scripts by the names the server has for them. */
export class Scripts {
  readonly #shas = new Map<ScriptName, string>();

  /** Gives the server all scripts. They are small, and their names the same on every server. */
  async load(command: Command): Promise<void> {
    await Promise.all((Object.keys(SCRIPTS) as ScriptName[]).map(async (name) => {
      this.#shas.set(name, String(await command("SCRIPT", "LOAD", SCRIPTS[name])));
    }));
  }

  /** Runs one; a server that has forgotten it is given the text. */
  run(
    command: Command,
    name: ScriptName,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<Reply> {
    const rest = [String(keys.length), ...keys, ...args];
    return command("EVALSHA", this.#shas.get(name) ?? "", ...rest).catch((error: Error) => {
      if (!error.message.startsWith("NOSCRIPT")) throw error;
      return command("EVAL", SCRIPTS[name], ...rest);
    });
  }
}
