/**
 * Answers everything that others say in a room, once, however often it is restarted.
 *
 *     deno task package
 *     cd examples/node && npm install ../../artifacts/npm
 *     node echo.mjs http://localhost:8000 lobby
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import { connect } from "@denbun/client";

const [url = "http://localhost:8000", roomId = "lobby"] = process.argv.slice(2);
const memory = await readFile("echo.json", "utf8").then(JSON.parse, () => ({}));
let written = Promise.resolve();

const relay = connect(url, {
  name: "echo",
  // who we are outlives a restart, so that a retry is known as one
  session: memory.session,
  onSession: (session) => remember({ session }),
});
await relay.ready;
const room = relay.room(roomId, memory.since ? { since: memory.since } : {});

for await (const { payload: message } of room.events(["new_message"])) {
  if (message.userId !== relay.self.userId) {
    // the answer's id follows from the message: answered again, it is stored once
    const answer = await room.send(`You said: ${message.content}`, {
      messageId: `echo-${message.id}`,
      replyTo: message.id,
    });
    console.log(`answered ${message.offset} with ${answer.offset}`);
  }
  await remember({ since: { epoch: message.epoch, offset: message.offset } });
}

/** One write after the other, and each whole: it may be the last thing that this process does. */
function remember(known) {
  Object.assign(memory, known);
  return written = written.then(async () => {
    await writeFile("echo.json.new", JSON.stringify(memory));
    await rename("echo.json.new", "echo.json");
  });
}
