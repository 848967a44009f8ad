/** Exits 0 when the relay of this container answers: what its health check runs. */
const port = Deno.env.get("PORT") ?? "8000";
const response = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(3000) });
await response.body?.cancel();
if (!response.ok) Deno.exit(1);
