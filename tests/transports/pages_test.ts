import { expect } from "@std/expect";
import { listen, type Listening } from "../harness/server.ts";
import { RawSocket } from "../harness/raw_socket.ts";

const SECRET = "for nobody's eyes";

/** A folder with pages, a secret beside it, and a relay that serves the pages. */
async function site(): Promise<{ server: Listening } & AsyncDisposable> {
  const root = await Deno.makeTempDir();
  await Deno.mkdir(`${root}/dist/deeper`, { recursive: true });
  await Deno.writeTextFile(`${root}/secret.txt`, SECRET);
  await Deno.writeTextFile(`${root}/dist/deeper/inner.txt`, SECRET);
  await Deno.writeTextFile(`${root}/dist/chat.html`, "<!doctype html><title>chat</title>");
  await Deno.writeTextFile(`${root}/dist/landing.html`, "<!doctype html><title>home</title>");
  await Deno.writeTextFile(`${root}/dist/chat.js`, "export {};");
  const server = listen({ pages: new URL(`file://${root}/dist/`) });
  return {
    server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await Deno.remove(root, { recursive: true });
    },
  };
}

Deno.test("pages and their assets come with their type and the strictest policy", async () => {
  await using served = await site();
  const { url } = served.server;
  const page = await fetch(`${url}/chat`);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain("<title>chat</title>");
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  const policy = page.headers.get("content-security-policy")!;
  for (
    const part of ["default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]
  ) {
    expect(policy).toContain(part);
  }
  expect(policy).not.toContain("unsafe");
  expect(page.headers.get("x-content-type-options")).toBe("nosniff");
  expect(page.headers.get("referrer-policy")).toBe("no-referrer");
  const script = await fetch(`${url}/assets/chat.js`);
  expect(await script.text()).toBe("export {};");
  expect(script.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect(script.headers.get("x-content-type-options")).toBe("nosniff");
});

Deno.test("each page is found under its name, the landing page at the root, other names are 404", async () => {
  await using served = await site();
  const { url } = served.server;
  const home = await fetch(`${url}/`);
  expect(await home.text()).toContain("<title>home</title>");
  const unknown = await fetch(`${url}/nowhere`);
  expect([unknown.status, (await unknown.json()).code]).toEqual([404, "not_found"]);
});

Deno.test("HEAD says how long a page is, and sends none of it", async () => {
  await using served = await site();
  const page = await fetch(`${served.server.url}/`);
  const { byteLength } = await page.arrayBuffer();
  const head = await fetch(`${served.server.url}/`, { method: "HEAD" });
  expect(head.headers.get("content-length")).toBe(String(byteLength));
  expect(head.headers.get("content-type")).toBe(page.headers.get("content-type"));
  expect(await head.text()).toBe("");
});

Deno.test("a link to a room from before the chat had its own address leads there", async () => {
  await using served = await site();
  const { url } = served.server;
  const old = await fetch(`${url}/?room=a%26b&x=1`, { redirect: "manual" });
  await old.body?.cancel();
  expect([old.status, old.headers.get("location")]).toEqual([302, "/chat?room=a%26b&x=1"]);
});

Deno.test("a page the browser has already is 304", async () => {
  await using served = await site();
  const { url } = served.server;
  const first = await fetch(`${url}/chat`);
  await first.body?.cancel();
  const etag = first.headers.get("etag")!;
  expect(etag).toMatch(/^".+"$/);
  const again = await fetch(`${url}/chat`, { headers: { "if-none-match": etag } });
  expect([again.status, await again.text()]).toEqual([304, ""]);
  const other = await fetch(`${url}/chat`, { headers: { "if-none-match": '"other"' } });
  expect(other.status).toBe(200);
  await other.body?.cancel();
});

Deno.test("a page that could not be read once is read again", async () => {
  await using served = await site();
  const { url } = served.server;
  const { readFile } = Deno;
  Deno.readFile = () => Promise.reject(new Error("too many open files"));
  try {
    const failed = await fetch(`${url}/chat`);
    expect([failed.status, (await failed.json()).code]).toEqual([500, "internal"]);
  } finally {
    Deno.readFile = readFile;
  }
  const page = await fetch(`${url}/chat`);
  expect([page.status, await page.text()]).toEqual([200, "<!doctype html><title>chat</title>"]);
});

const traversals = [
  "/assets/../secret.txt",
  "/assets/..%2fsecret.txt",
  "/assets/%2e%2e/secret.txt",
  "/assets/%2e%2e%2fsecret.txt",
  "/assets/..%5csecret.txt",
  "/assets/..\\secret.txt",
  "/assets/....//secret.txt",
  "/assets/%252e%252e%252fsecret.txt",
  "/assets//etc/passwd",
  "/assets/%2fetc%2fpasswd",
  "/assets/deeper/inner.txt",
  "/assets/deeper%2finner.txt",
  "/assets/deeper",
  "/assets/chat.js%00.txt",
  "/assets/",
  "/assets/.env",
  "/assets/constructor",
  "/..%2fsecret.txt",
  "//etc/passwd",
  "/.env",
  "/secret.txt",
  "/constructor",
  "/deeper",
];
for (const path of traversals) {
  Deno.test(`[M31] ${path} is 404`, async () => {
    await using served = await site();
    // by hand: fetch would tidy the path up
    using socket = await RawSocket.open(served.server.port);
    await socket.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`));
    const response = await socket.response();
    expect([400, 404]).toContain(response.status);
    if (response.headers.has("content-length")) expect(await socket.body(response)).not.toContain(SECRET);
  });
}
