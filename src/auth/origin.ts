/** Whether a page of this origin may speak to us: pages of our own, those on the list, and callers that are no page. */
export function originAllowed(headers: Headers, allowed: readonly string[]): boolean {
  const origin = headers.get("origin");
  return origin === null || allowed.includes(origin) || isOwn(origin, headers);
}

/**
 * Whether a request comes from a page of our own or from no page at all. Browsers leave `Origin` away on plain GETs,
 * but say in `Sec-Fetch-Site` where they came from.
 */
export function sameOrigin(headers: Headers): boolean {
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none") return false;
  const origin = headers.get("origin");
  return origin === null || isOwn(origin, headers);
}

/** Compared as browsers write it, to the letter. */
function isOwn(origin: string, headers: Headers): boolean {
  const host = headers.get("host");
  return host !== null && (origin === `https://${host}` || origin === `http://${host}`);
}
