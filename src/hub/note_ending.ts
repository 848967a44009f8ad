import { type Ending, lossOf } from "./closing.ts";
import type { Logger } from "./ports.ts";
import type { Session } from "./session.ts";
import type { Tally } from "./tally.ts";

/** Counts and logs how a session ended: as somebody meant it to, or because its connection was lost. [X] */
export function noteEnding(session: Session, ending: Ending, tally: Tally, logger: Logger): void {
  const { id: sessionId, identity: { userId }, transport, codecName } = session;
  tally.connections(transport, codecName).add(-1);
  tally.closed(ending.code);
  const loss = lossOf(ending.code);
  if (loss === undefined) {
    const { code, reason, ageMs } = ending;
    logger.info("session_closed", { sessionId, userId, code, reason, ageMs });
    return;
  }
  tally.lost[loss].add(1);
  logger.warn("connection_lost", { sessionId, userId, transport, loss, ...ending });
}
