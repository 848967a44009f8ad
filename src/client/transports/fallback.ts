import type { ClientClock } from "../types.ts";
import type { Credential, Transport, Wire } from "./transport.ts";

/** A transport is good for something when it held for so long after the answer to a join. */
const PROOF_MS = 2000;
/** Failures in a row after which the next transport has its turn. */
const MAX_FAILURES = 2;
/** How long the first transport rests until it is tried behind the one that works: at first, and at most. */
const REST_MS = 8000;
const MAX_REST_MS = 300_000;
/** How long such a try may take. */
const TRY_MS = 10_000;

/**
 * One transport made of several. Where one does not get through the next has its turn, and the first is tried again
 * and again behind it, until it takes over: the link sees a second `welcome` then. [M10]
 */
export function fallback(transports: readonly Transport[], clock: ClientClock): Transport {
  let current = 0;
  let failures = 0;
  let tries = 0;

  return (credential, on) => {
    let wire: Wire;
    /** what tries to take over */
    let rival: Wire | undefined;
    let frames = 0;
    let proved = false;
    /** what is closed may still have something to say */
    let ended = false;
    let cancelTimer = () => {};

    function open(n: number, credential: Credential): Wire {
      const mine: Wire = transports[n]!(credential, {
        ...on,
        received(read) {
          if (mine === rival) takeOver(mine);
          if (mine !== wire || ended) return;
          // a welcome alone proves little
          if (++frames === 2) cancelTimer = clock.after(PROOF_MS, prove);
          on.received(read);
        },
        closed(code, reason) {
          if (mine === rival) rest();
          if (mine !== wire || ended) return;
          fail();
          on.closed(code, reason);
        },
      });
      return mine;
    }

    function prove() {
      proved = true;
      failures = 0;
      if (current) rest();
      else tries = 0;
    }

    function fail() {
      end();
      if (proved) return;
      // a server that cannot be reached at all says nothing about the ways to it
      if (current && !frames) current = failures = 0;
      else if (++failures >= MAX_FAILURES) {
        current = (current + 1) % transports.length;
        failures = 0;
      }
    }

    /** After a while the first one tries. */
    function rest() {
      stop();
      cancelTimer = clock.after(Math.min(REST_MS * 2 ** tries++, MAX_REST_MS), () => {
        const cancel = cancelTimer = clock.after(TRY_MS, rest);
        // what fails is tried again when the time is over
        on.credential().then((credential) => {
          if (cancel === cancelTimer) rival = open(0, credential);
        }).catch(() => {});
      });
    }

    function takeOver(winner: Wire) {
      rival = undefined;
      stop();
      wire.close(1000, "");
      wire = winner;
      current = frames = 0;
      proved = false;
    }

    function end() {
      ended = true;
      stop();
    }

    function stop() {
      cancelTimer();
      cancelTimer = () => {};
      rival?.close(1000, "");
      rival = undefined;
    }

    wire = open(current, credential);
    return {
      get transport() {
        return wire.transport;
      },
      send: (envelope) => wire.send(envelope),
      close(code, reason) {
        // the link closes what it gave up
        if (code === 1000) end();
        else if (!ended) fail();
        wire.close(code, reason);
      },
    };
  };
}
