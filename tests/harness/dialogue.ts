import { expect } from "@std/expect";
import { standardFeatures } from "../../src/standard_features.ts";
import { type Arrived, Harness, type TestClient, unhurried } from "./mod.ts";
import { misfitOf } from "./strict.ts";

/** One line of a dialogue, its continuations joined to it. */
interface Line {
  readonly number: number;
  readonly text: string;
}

/** A dialogue as it stands in a document. */
export interface Dialogue {
  /** the line of the document it begins at */
  readonly line: number;
  readonly lines: readonly Line[];
}

/** The blocks of a Markdown text that are marked `dialogue`. */
export function dialoguesOf(markdown: string): Dialogue[] {
  const dialogues: { line: number; lines: Line[] }[] = [];
  let open: { line: number; lines: Line[] } | undefined;
  markdown.split("\n").forEach((text, at) => {
    if (text === "```dialogue") dialogues.push(open = { line: at + 1, lines: [] });
    else if (text.startsWith("```")) open = undefined;
    else if (open && /^\s+\S/.test(text)) {
      const last = open.lines.pop()!;
      open.lines.push({ ...last, text: `${last.text} ${text.trim()}` });
    } else if (open && text !== "") open.lines.push({ number: at + 1, text });
  });
  return dialogues;
}

/** What stands for a text that would be too long to print. */
const LONG = "(10,000 characters)";

/**
 * Plays a dialogue against a hub: does what the clients do, and expects every frame they receive, in its order.
 * `< …` passes over frames until the one that is shown.
 */
export async function play({ lines }: Dialogue): Promise<void> {
  using relay = new Harness({ limits: unhurried, features: () => standardFeatures() });
  const clients = new Map<string, TestClient>();
  const unread = new Map<string, Arrived[]>();
  const client = (name: string) => {
    const known = clients.get(name);
    if (!known) throw new Error(`${name} is not connected`);
    return known;
  };
  const listen = () =>
    clients.forEach((one, name) => {
      const news = one.news();
      // each is what the documents of the wire say, whether the dialogue shows all of it or not
      for (const frame of news) expect(misfitOf(frame)).toBeUndefined();
      unread.get(name)!.push(...news);
    });

  for (const { number, text } of lines) {
    try {
      await step(text);
      await relay.settle();
    } catch (cause) {
      throw new Error(`line ${number}: ${text}\n${cause instanceof Error ? cause.message : cause}`, {
        cause,
      });
    }
  }
  listen();
  for (const [name, frames] of unread) expect({ [name]: frames }).toEqual({ [name]: [] });

  async function step(text: string): Promise<void> {
    const said = /^(\w+) ([<>]) (?:(\d+) × )?(… )?(\{.*\})$/.exec(text);
    if (said) {
      const [, name, direction, times = "1", skip, json] = said as unknown as string[];
      if (direction === ">") {
        const frame = json!.replaceAll(LONG, "x".repeat(10_000));
        for (let n = 0; n < Number(times); n++) {
          client(name!).raw(frame);
          await relay.settle();
        }
      } else hear(name!, JSON.parse(json!), skip !== undefined);
      return;
    }
    const done = /^(\w+) (connects|is cut off|stops reading|reads again|is closed (\d+))$/.exec(text);
    if (done) {
      act(done[1]!, done[2]!, done[3]);
      // a connection that has room again is found by a timer
      return await relay.advance(100);
    }
    const passed = /^(\d+) (m?s) pass(?:es)?$/.exec(text);
    if (passed) return await relay.advance(Number(passed[1]) * (passed[2] === "s" ? 1000 : 1));
    return await happen(text);
  }

  function act(name: string, what: string, code: string | undefined): void {
    if (code !== undefined) return expect(client(name).closed?.code).toBe(Number(code));
    switch (what) {
      case "connects":
        clients.set(name, relay.connect(name, { userName: name[0]!.toUpperCase() + name.slice(1) }));
        unread.set(name, []);
        return;
      case "is cut off":
        return client(name).cut();
      case "stops reading":
        return client(name).connection.stall();
      case "reads again":
        return client(name).connection.resume();
      default:
        throw new Error("nobody knows how to do this");
    }
  }

  async function happen(what: string): Promise<void> {
    switch (what) {
      case "the store fails after it wrote":
        relay.store.failing = "after";
        return;
      case "the store is back":
        relay.store.failing = undefined;
        return;
      case "the store is restored from a backup":
        relay.store.inner = relay.emptyStore();
        return;
      case "the node drains":
        return await relay.drain();
      default:
        throw new Error("nobody knows how to do this");
    }
  }

  function hear(name: string, expected: unknown, skip: boolean): void {
    listen();
    const frames = unread.get(name)!;
    if (skip) { while (frames.length > 0 && !matches(frames[0], expected)) frames.shift(); }
    const frame = frames.shift();
    if (!matches(frame, expected)) expect(frame).toMatchObject(expected as Record<string, unknown>);
  }
}

/** Whether everything that is shown is there; `"…"` is any value, and lists are as long as they are shown. */
function matches(value: unknown, shown: unknown): boolean {
  if (shown === "…") return value !== undefined;
  if (typeof shown !== "object" || shown === null) return value === shown;
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(shown) && (!Array.isArray(value) || value.length !== shown.length)) return false;
  return Object.entries(shown).every(([key, one]) => matches((value as Record<string, unknown>)[key], one));
}
