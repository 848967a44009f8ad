/** Only our own pages send it, and no script reads it. [C2] */
export function sessionCookie(request: Request, name: string, value: string, lastsMs: number): string {
  // behind a proxy that ends TLS the address says http, but the page knows what it was loaded over
  const secure = request.url.startsWith("https:") || request.headers.get("origin")?.startsWith("https:");
  const maxAgeS = Math.floor(lastsMs / 1000);
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeS}${secure ? "; Secure" : ""}`;
}
