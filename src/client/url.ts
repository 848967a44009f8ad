import { RelayError } from "./errors.ts";

/**
 * Where a relay's socket is: `<base>/ws`. `base` is http(s) or ws(s), or relative to the page.
 * Throws `bad_request` on other schemes and a TypeError on what is no URL.
 */
export function socketUrl(base: string, page: string | undefined = globalThis.location?.href): URL {
  const url = new URL(base, page);
  if (!/^(http|ws)s?:$/.test(url.protocol)) {
    throw new RelayError("bad_request", `Cannot connect to "${base}"`);
  }
  url.protocol = url.protocol.replace("http", "ws");
  url.pathname = url.pathname.replace(/\/*$/, "/ws");
  url.search = url.hash = "";
  return url;
}
