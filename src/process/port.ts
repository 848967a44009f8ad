/**
 * Finds out that nobody listens on the address, and which port is meant by 0. The system lets isolates share a
 * port, and so it would let a second process take half of the first one's connections.
 * @throws {Deno.errors.AddrInUse}
 */
export function claimPort({ port, host }: { readonly port: number; readonly host: string }): number {
  using listener = Deno.listen({ port, hostname: host });
  return listener.addr.port;
}
