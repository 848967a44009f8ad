import type { Backplane, Clock } from "../hub/ports.ts";
import { Turn } from "./turn.ts";

/**
 * News between the isolates of one process. The channel keeps 256 posts for all its names and drops what a slow
 * isolate has not read, without a word: so the news of one turn goes in one post, and of the hints for a room only
 * the furthest. What is lost all the same is healed by the next hint or by the sweep.
 *
 * What comes through is as trustworthy as the process itself: nobody else can post, and a post is a copy of what was
 * said. So the entries in hints are delivered as they are, and in the common case no isolate asks the store.
 *
 * Relays that must not hear each other in one process take different names.
 */
export function broadcastChannel(name = "denbun", { soon }: { soon: Clock["soon"] }): Backplane {
  const channel = new BroadcastChannel(name);
  const turn = new Turn(soon, (news) => channel.postMessage(news));
  let open = true;

  return {
    trusted: true,
    publish(news) {
      if (open) turn.add(news);
    },
    subscribe(listener) {
      const receive = ({ data }: MessageEvent) => {
        if (!Array.isArray(data)) return listener(data);
        for (const news of data) listener(news);
      };
      channel.addEventListener("message", receive);
      return () => channel.removeEventListener("message", receive);
    },
    close() {
      if (!open) return;
      turn.end();
      open = false;
      channel.close();
    },
  };
}
