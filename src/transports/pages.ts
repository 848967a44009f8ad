import { type Context, Hono } from "hono";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  json: "application/json",
  webmanifest: "application/manifest+json",
  map: "application/json",
  txt: "text/plain; charset=utf-8",
};

/** What a page may do: only what came from here, no inline script or style, in nobody's frame. */
const SECURITY: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; " +
    "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
};

interface Asset {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly headers: Headers;
  readonly etag: string;
}

/** The page at `/`. */
const HOME = "landing";
/** The page whose address `/?room=…` once was. */
const CHAT = "chat";

/**
 * The built pages of a folder: `chat.html` is found at `/chat`, `landing.html` at `/`, everything else of it below
 * `/assets/`. Only names of its own files are ever looked up: a path cannot lead out of it, and what the build did
 * not make is 404.
 */
export function pages(folder: URL): Hono {
  const app = new Hono();
  const assets = new Map<string, Asset>();
  const asset = async (name: string) => {
    if (!(await names(folder)).has(name)) return undefined;
    const found = assets.get(name) ?? await load(folder, name);
    if (found) assets.set(name, found);
    return found;
  };
  app.get("/", async (c) => {
    const { search } = new URL(c.req.url);
    // links of earlier days
    if (c.req.query("room") !== undefined) {
      return c.redirect(`${c.req.path.replace(/\/$/, "")}/${CHAT}${search}`);
    }
    return answer(c, await asset(`${HOME}.html`));
  });
  app.get("/:page{[a-z][a-z0-9_-]*}", async (c) => answer(c, await asset(`${c.req.param("page")}.html`)));
  app.get(
    "/assets/:name{[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*}",
    async (c) => answer(c, await asset(c.req.param("name"))),
  );
  return app;
}

function answer(c: Context, asset: Asset | undefined): Response | Promise<Response> {
  if (!asset) return c.notFound();
  if (c.req.header("if-none-match") === asset.etag) {
    return new Response(null, { status: 304, headers: asset.headers });
  }
  // Hono drops the body, and its length with it
  if (c.req.method === "HEAD") {
    const headers = new Headers(asset.headers);
    headers.set("content-length", String(asset.bytes.byteLength));
    return new Response(null, { headers });
  }
  return new Response(asset.bytes, { headers: asset.headers });
}

async function names(folder: URL): Promise<Set<string>> {
  const found = new Set<string>();
  try {
    for await (const entry of Deno.readDir(folder)) if (entry.isFile) found.add(entry.name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found;
}

async function load(folder: URL, name: string): Promise<Asset | undefined> {
  try {
    const bytes = await Deno.readFile(new URL(name, folder));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const etag = `"${btoa(String.fromCharCode(...digest.slice(0, 12)))}"`;
    const type = TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream";
    return {
      bytes,
      etag,
      headers: new Headers({ ...SECURITY, etag, "content-type": type, "cache-control": "no-cache" }),
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
