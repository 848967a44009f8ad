/** The address of a route of the relay that served this page, also where it is mounted below another path. */
export function apiUrl(path: string): URL {
  return new URL(path, new URL(".", location.href));
}
