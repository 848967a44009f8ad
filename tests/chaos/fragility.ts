/// <reference lib="deno.worker" />
/** Makes an isolate die by an error nobody catches, or by a loop that does not turn for a while, or ever again. */
let dying = false;
// the real isolate keeps errors from ending it; this listener is heard before its one
self.addEventListener("error", (error) => dying && error.stopImmediatePropagation());

self.addEventListener("message", (event: MessageEvent) => {
  if (event.data.kind !== "start") return;
  const orders = new BroadcastChannel("denbun-tests-fragile");
  const { nodeId } = event.data;
  orders.postMessage({ hello: nodeId });
  orders.addEventListener("message", ({ data }) => {
    if (data.nodeId !== nodeId) return;
    if (data.how === "stall") {
      const endMs = performance.now() + data.forMs;
      while (performance.now() < endMs);
      return;
    }
    dying = true;
    setTimeout(() => {
      throw new Error("made to die");
    });
  });
});
