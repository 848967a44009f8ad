// A page of its own, on an origin of its own: start the relay with ALLOWED_ORIGINS naming it, and make client.js by
//     deno task package && cp artifacts/npm/denbun.min.js examples/browser/client.js
import { connect } from "./client.js";

const query = new URLSearchParams(location.search);
const relay = connect(query.get("relay") ?? "http://localhost:8000", { name: query.get("name") ?? "page" });
const room = relay.room("lobby", { history: 20 });
const messages = document.getElementById("messages");

relay.addEventListener("state", ({ detail }) => {
  document.getElementById("state").textContent = detail.transport ?? detail.status;
});
room.on("new_message", ({ messageId, userId, userName, content }) => {
  line(messageId, userId).textContent = `${userName}: ${content}`;
});
// one's own messages, from the moment they are sent
room.outgoing.subscribe((outgoing) => {
  for (const { messageId, content, state } of outgoing) {
    const item = line(messageId, relay.self?.userId);
    item.textContent = content;
    item.className = state;
  }
});
document.getElementById("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = document.getElementById("text");
  // a failure shows in `outgoing`
  room.send(text.value).catch(() => {});
  text.value = "";
});
document.getElementById("text").addEventListener("input", () => room.typing());

/** A message's line: the one it had on its way, or a new one. */
function line(messageId, userId) {
  const key = `${userId} ${messageId}`;
  const known = [...messages.children].find(({ dataset }) => dataset.key === key);
  const item = known ?? document.createElement("li");
  item.dataset.key = key;
  item.className = "";
  if (!known) messages.append(item);
  return item;
}
