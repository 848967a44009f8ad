import { broadcastChannel } from "../../src/backplanes/broadcast_channel.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { backplaneContract } from "../contract/backplane_contract.ts";

backplaneContract(
  "broadcast_channel",
  (name) => Promise.resolve(broadcastChannel(name, { soon: systemClock.soon })),
);
