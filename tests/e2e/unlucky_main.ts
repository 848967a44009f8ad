/** The relay, and two errors that nobody catches once it listens. */
import { main } from "../../main.ts";

main();
Promise.reject(new Error("a rejection nobody expects"));
setTimeout(() => {
  throw new Error("an error nobody expects");
});
