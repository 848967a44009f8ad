import { expect } from "@std/expect";
import * as z from "zod";
import { defaultLimits } from "../../src/hub/limits.ts";
import { RelayError } from "../../src/protocol/errors.ts";
import { Bounds, ClientType, CloseCode, ErrorCode, ServerType } from "../../src/protocol/wire.ts";
import { problem } from "../../src/transports/problem.ts";
import { readConfig, variables } from "../../src/config.ts";
import { WebhookBodies, WebhookEvent } from "../../src/webhooks/events.ts";
import { dialoguesOf, play } from "../harness/dialogue.ts";

const text = await Deno.readTextFile(new URL("../../src/protocol/PROTOCOL.md", import.meta.url));
/** What is specified and not built would stand under a heading of its own. */
const [served, later = ""] = text.split("\n## Not yet served\n") as [string, string?];

/** The rows of the table whose first columns are called so. */
function table(...columns: string[]): string[][] {
  const lines = served.split("\n").map(cells);
  const head = lines.findIndex((row) => columns.every((column, at) => row[at] === column));
  expect(head).toBeGreaterThan(0);
  const rest = lines.slice(head + 2);
  return rest.slice(0, rest.findIndex((row) => row.length === 0));
}

/** The cells of a line of a table; of any other line, none. */
function cells(line: string): string[] {
  const trimmed = line.trim();
  return trimmed.startsWith("|") ? trimmed.slice(1, -1).split("|").map((cell) => cell.trim()) : [];
}

for (const dialogue of dialoguesOf(served)) {
  Deno.test(`PROTOCOL.md: the dialogue at line ${dialogue.line} is what happens`, () => play(dialogue));
}

Deno.test("a dialogue that is not what happens fails", async (t) => {
  const wrong: Record<string, string> = {
    "another value": 'anna connects\nanna < {"type":"welcome","payload":{"heartbeatMs":1}}',
    "another order":
      'anna connects\nanna > {"type":"ping"}\nanna < {"type":"pong"}\nanna < {"type":"welcome"}',
    "a frame that does not come": 'anna connects\nanna < {"type":"welcome"}\nanna < {"type":"pong"}',
    "a frame that is not shown": "anna connects",
    "a field that is not there": 'anna connects\nanna < {"type":"welcome","payload":{"session":"…"}}',
    "a close that does not come": 'anna connects\nanna < {"type":"welcome"}\nanna is closed 1012',
    "a word that means nothing": "anna dances",
  };
  for (const [name, lines] of Object.entries(wrong)) {
    await t.step(name, async () => {
      const [dialogue] = dialoguesOf("```dialogue\n" + lines + "\n```");
      await expect(play(dialogue!)).rejects.toThrow();
    });
  }
});

Deno.test("every rule that is served has a test that names it", async () => {
  const rules = new Set([...served.matchAll(/^- \*\*([A-Z]\d+[a-z]?)\*\*/gm)].map(([, id]) => id!));
  expect(rules.size).toBeGreaterThan(45);
  const tested = new Set<string>();
  for (const source of await testSources(new URL("../", import.meta.url))) {
    for (const [name] of source.matchAll(/Deno\.test\(\s*(?:\{[^}]*?name:\s*)?["'`]\[[^\n]*/g)) {
      for (const [, id] of name.matchAll(/\[([A-Z]\d+[a-z]?)\]/g)) tested.add(id!);
    }
  }
  expect([...rules].filter((id) => !tested.has(id))).toEqual([]);
});

async function testSources(folder: URL): Promise<string[]> {
  const sources: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) sources.push(...await testSources(new URL(`${name}/`, folder)));
    else if (name.endsWith("_test.ts")) sources.push(await Deno.readTextFile(new URL(name, folder)));
  }
  return sources;
}

Deno.test("[E1] PROTOCOL.md lists the types a client may send, and names those that are to come", () => {
  const listed = table("type", "payload", "answer without a `messageId`").map(([type]) => type!);
  const specified = Object.values(ClientType) as string[];
  expect(listed.filter((type) => !specified.includes(type))).toEqual([]);
  for (const type of specified) if (!listed.includes(type)) expect(later).toContain(type);
});

Deno.test("[E1] PROTOCOL.md lists the types the server sends, and names those that are to come", () => {
  const listed = table("type", "payload", "rule").map(([type]) => type!);
  const specified = Object.values(ServerType) as string[];
  expect(listed.filter((type) => !specified.includes(type))).toEqual([]);
  for (const type of specified) if (!listed.includes(type)) expect(later).toContain(type);
});

Deno.test("[E4] PROTOCOL.md's errors are those of the code, with their meaning over HTTP", () => {
  const listed = table("code", "retryable", "HTTP").map((
    [code, retryable, status],
  ) => [code, retryable, status]);
  const real = Object.values(ErrorCode).map((code) => {
    const error = new RelayError(code, "");
    return [code, error.retryable ? "yes" : "no", String(problem(error).status)];
  });
  expect(listed.toSorted()).toEqual(real.toSorted());
});

Deno.test("[X1] PROTOCOL.md's close codes are those of the code, and none else is ever sent", () => {
  const listed = table("code", "means", "a client then").map(([code]) => Number(code));
  expect(listed.toSorted()).toEqual(Object.values(CloseCode).toSorted());
});

Deno.test("[S3] PROTOCOL.md's events are those of the code, with their fields", () => {
  const listed = table("type", "data", "told when").map(([type, data]) => [type, data!.replaceAll("`", "")]);
  const real = Object.entries(WebhookBodies).map(([type, { shape: { data } }]) => {
    const fields = Object.entries(data.shape).map(([name, schema]) =>
      schema instanceof z.ZodExactOptional ? `${name}?` : name
    );
    return [
      type,
      type === WebhookEvent.messageSaved ? "the envelope as its readers get it" : fields.join(", "),
    ];
  });
  expect(listed).toEqual(real);
});

Deno.test("[L1] PROTOCOL.md's limits are the defaults, and its variables are real", () => {
  const rows = table("id", "what", "limit");
  const listed = rows.map(([id, , limit]) => `${id} ${limit!.replaceAll(",", "")}`);
  const { maxMessageBytes, maxFrameBytes, ratePerSecond, rateBurst, ephemeralPerSecond } = defaultLimits;
  const { maxErrors, maxRoomsPerSession, maxWaiting, userRatePerSecond } = defaultLimits;
  const { maxConnectionsPerIp, connectsPerMinute, failuresPerMinute } = readConfig({});
  expect(listed).toEqual([
    `L1 ${maxMessageBytes}`,
    `L1 ${maxFrameBytes}`,
    `L2 ${Bounds.depth}`,
    `L3 ${ratePerSecond}`,
    `L3 ${rateBurst}`,
    `L3 ${ephemeralPerSecond}`,
    `L4 ${maxErrors}`,
    `L5 ${maxRoomsPerSession}`,
    `L6 ${maxConnectionsPerIp}`,
    `L7 ${maxWaiting}`,
    `L8 ${userRatePerSecond}`,
    `L9 ${connectsPerMinute}`,
    `L9 ${failuresPerMinute}`,
  ]);
  const named = rows.map((row) => row.at(-1)!).filter((name) => name !== "");
  expect(named.filter((name) => !variables.includes(name))).toEqual([]);
});
