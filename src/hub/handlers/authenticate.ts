import { RelayError } from "../../protocol/errors.ts";
import { Authenticate } from "../../protocol/schemas.ts";
import { CloseCode, ErrorCode } from "../../protocol/wire.ts";
import { handler } from "../handler.ts";
import { connected } from "./connected.ts";

/** A fresh token for the same user, without a new connection. [C5] */
export const authenticate = handler<Authenticate>({
  schema: Authenticate,
  async handle(call) {
    const { hub, payload: { token } } = call;
    const session = connected(call.session, "authenticate");
    const identity = await hub.identities.recognise(token);
    if (!session.isOpen) return;
    const { userId, userName, expiresAtMs } = identity;
    if (userId !== session.identity.userId) {
      const message = "Cannot authenticate: the token is another user's";
      call.fail(new RelayError(ErrorCode.unauthorized, message));
      // whose rooms this connection is in is no longer clear
      session.close(CloseCode.unauthorized, "another user's token");
      return;
    }
    hub.access.renew(session, identity);
    return {
      userId,
      userName,
      ...expiresAtMs === undefined ? {} : { expiresAt: new Date(expiresAtMs).toISOString() },
    };
  },
});
