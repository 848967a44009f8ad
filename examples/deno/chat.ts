/**
 * A chat in the terminal. Lines that are typed are said; what is said in the room is printed.
 *
 *     deno run -N examples/deno/chat.ts http://localhost:8000 lobby yamada
 */
import { connect } from "../../src/client/mod.ts";

const [url = "http://localhost:8000", roomId = "lobby", name = "terminal"] = Deno.args;

const relay = connect(url, { name });
relay.addEventListener("state", ({ detail }) => print(`* ${detail.status}`));
relay.addEventListener("problem", ({ detail }) => print(`* ${detail.error.message}`));

const room = relay.room(roomId, { history: 10 });
room.on("new_message", ({ userName, content }) => print(`${userName}: ${content}`));

const sent: Promise<unknown>[] = [];
let rest = "";
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\n");
  rest = lines.pop()!;
  for (const line of lines) {
    if (line) sent.push(room.send(line).catch((error) => print(`* not sent: ${error.message}`)));
  }
}
// the end of the input: what was said is stored before we go
await Promise.all(sent);
relay.close();

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
