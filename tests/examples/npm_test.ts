/** What `npm publish` would ship, as somebody gets it who has nothing else. */
import { expect } from "@std/expect";
import ts from "typescript";
import { connect } from "../../src/client/mod.ts";
import { comes, listenTo, serve } from "../client/harness/real.ts";
import { turn } from "../harness/clock.ts";
import { has } from "../e2e/needs.ts";
import { tempFolder } from "../e2e/temp_folder.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Runs a command to its end; what it wrote, or an error with it. */
async function run(cwd: string, command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, cwd }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`${command} ${args.join(" ")}:\n${out}${err}`);
  return out!;
}

/** An empty folder in which the packed client was installed, and what the package holds. */
async function installed() {
  await run(ROOT, Deno.execPath(), "run", "--frozen", "-A", "deploy/npm/build.ts");
  const folder = await tempFolder();
  const packed = await run(
    `${ROOT}artifacts/npm`,
    "npm",
    "pack",
    "--json",
    "--pack-destination",
    folder.path,
  );
  const [{ filename, files }] = JSON.parse(packed);
  await Deno.writeTextFile(`${folder.path}/package.json`, '{"private":true,"type":"module"}');
  await run(folder.path, "npm", "install", "--offline", "--no-audit", "--no-fund", `./${filename}`);
  return { folder, files: files.map(({ path }: { path: string }) => path) as string[] };
}

const USE = `
import { connect, type NewMessage, RelayError } from "@denbun/client";
import { StateReader } from "@denbun/client/game";
import { indexedDbStore } from "@denbun/client/indexeddb";
import { msgpack } from "@denbun/client/msgpack";
import { connect as minified } from "@denbun/client/denbun.min.js";

const relay = connect(process.argv[2]!, { name: "node", codec: msgpack });
const room = relay.room("tea");
const heard = new Promise<NewMessage>((resolve) => room.on("new_message", resolve));
const { offset }: { offset: number } = await room.send("Hello from Node!");
const { content, userName } = await heard;
const failed = await room.ask("launch_rocket").catch((error: unknown) => error);
// @ts-expect-error a room has no such event of this shape
room.on("new_message", (message: { nonsense: string }) => message);
console.log(JSON.stringify([offset, content, userName, failed instanceof RelayError && failed.code, typeof StateReader, typeof indexedDbStore, typeof minified]));
relay.close();
`;

Deno.test("the npm package: packed, installed in an empty folder, typed, and run in Node", async () => {
  if (!await has("node", "--version") || !await has("npm", "--version")) return;
  const { folder, files } = await installed();
  await using _ = folder;
  await using server = serve();
  expect(files.filter((path) => !/\.(js|d\.ts)$/.test(path)).toSorted()).toEqual([
    "LICENSE",
    "README.md",
    "denbun.min.js.gz",
    "package.json",
  ]);
  expect(await Deno.readTextFile(`${folder.path}/node_modules/@denbun/client/mod.js`)).not.toContain("zod");

  await Deno.writeTextFile(`${folder.path}/use.ts`, `declare const process: { argv: string[] };${USE}`);
  const program = ts.createProgram([`${folder.path}/use.ts`], {
    strict: true,
    noEmit: true,
    exactOptionalPropertyTypes: true,
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.NodeNext,
    lib: ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    types: [],
    skipLibCheck: false,
  });
  expect(
    ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => [
      file?.fileName.slice(folder.path.length),
      ts.flattenDiagnosticMessageText(messageText, "\n"),
    ]),
  ).toEqual([]);

  await Deno.writeTextFile(`${folder.path}/use.mjs`, ts.transpile(USE, { target: ts.ScriptTarget.ESNext }));
  const output = await run(folder.path, "node", "use.mjs", server.url);
  expect(JSON.parse(output)).toEqual(
    [1, "Hello from Node!", "node", "unknown_type", "function", "function", "function"],
  );

  // the example in Node answers each message once, also when it is started again
  await Deno.copyFile(`${ROOT}examples/node/echo.mjs`, `${folder.path}/echo.mjs`);
  const relay = connect(server.url, { name: "Anna" });
  const room = relay.room("lobby");
  const messages = listenTo(room, "new_message");
  for (const said of ["one", "two"]) {
    const echo = new Deno.Command("node", {
      args: ["echo.mjs", server.url, "lobby"],
      cwd: folder.path,
      stdout: "null",
    }).spawn();
    await comes(room.presence, ({ users }) => users.some(({ userName }) => userName === "echo"));
    await room.send(said);
    await messages.until((heard) => heard.some(({ content }) => content === `You said: ${said}`));
    // it writes down how far it read, its own answer too: at first there is no file
    const position = `"offset":${messages.heard.length}}`;
    const kept = () => Deno.readTextFile(`${folder.path}/echo.json`).catch(() => "");
    while (!(await kept()).includes(position)) await turn();
    echo.kill("SIGKILL");
    await echo.status;
  }
  expect(messages.heard.map(({ content }) => content)).toEqual([
    "one",
    "You said: one",
    "two",
    "You said: two",
  ]);
  relay.close();
});
