import { expect } from "@std/expect";
import { claimPort } from "../../src/process/port.ts";

const host = "127.0.0.1";

Deno.test("[threat F29] a port that other isolates share is claimed by one process alone", () => {
  using first = Deno.listen({ port: 0, hostname: host, reusePort: true });
  const { port } = first.addr;
  expect(() => claimPort({ port, host })).toThrow(Deno.errors.AddrInUse);
  // the control: nobody but us keeps a second one from sharing it
  using second = Deno.listen({ port, hostname: host, reusePort: true });
  expect(second.addr.port).toBe(port);
});

Deno.test("port 0 is one port, for all isolates the same", () => {
  const port = claimPort({ port: 0, host });
  expect(port).toBeGreaterThan(0);
  expect(claimPort({ port, host })).toBe(port);
});
