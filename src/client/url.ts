import { RelayError } from "./errors.ts";

/**
 * Where a relay is, over HTTP and with a slash at its end. `base` is http(s) or ws(s), or relative to the page.
 * Throws `bad_request` on other schemes and a TypeError on what is no URL.
 */
export function baseUrl(base: string, page: string | undefined = globalThis.location?.href): string {
  const url = new URL(base, page);
  url.protocol = url.protocol.replace("ws", "http");
  if (!/^https?:$/.test(url.protocol)) {
    throw new RelayError("bad_request", `Cannot connect to "${base}"`);
  }
  url.pathname = url.pathname.replace(/\/*$/, "/");
  url.search = url.hash = "";
  return url.href;
}
