/** What one client may take. 0 switches a rate or a count off. [L] */
export interface Limits {
  /** an envelope above this is answered `too_large` */
  readonly maxMessageBytes: number;
  /** a frame above this closes 1009 */
  readonly maxFrameBytes: number;
  /** rooms that one client may be in */
  readonly maxRoomsPerSession: number;
  /** envelopes a second, and how many at once */
  readonly ratePerSecond: number;
  /** envelopes that may come at once, before `ratePerSecond` holds */
  readonly rateBurst: number;
  /** ephemeral envelopes a second, counted beside the others */
  readonly ephemeralPerSecond: number;
  /** envelopes a second of all of a user's connections, stored ones and ephemeral ones each */
  readonly userRatePerSecond: number;
  /** a client that stays over its rate this long is closed 4003 */
  readonly rateAbuseMs: number;
  /** this many errors of the client's own making within `errorWindowMs` close 1008 */
  readonly maxErrors: number;
  /** how far back `maxErrors` counts */
  readonly errorWindowMs: number;
  /** envelopes of one client that may wait for the ones before them */
  readonly maxWaiting: number;
  /** bytes handed to a connection and not yet taken by the network [R4] */
  readonly unsentBytes: number;
  /** replies waiting for a reader; above it the connection closes 4002 [R4] */
  readonly replyBytes: number;
  /** ephemeral state waiting for a reader; above it the oldest is dropped [R4] */
  readonly keyedBytes: number;
  /** backlog after which a reader is told that it is `behind` [R4] */
  readonly behindBytes: number;
  /** a reader that takes nothing for this long closes 4002 [R4] */
  readonly notReadingMs: number;
  /** how long a user who left may come back unnoticed [J2] */
  readonly leaveGraceMs: number;
  /** how long a room that was used without anybody in it stays open */
  readonly lingerMs: number;
  /** how often a client is advised to send `ping` [H2] */
  readonly heartbeatMs: number;
  /** how often active rooms are compared with the store */
  readonly sweepMs: number;
}

/** What holds where an application says nothing else. */
export const defaultLimits: Limits = {
  maxMessageBytes: 64 * 1024,
  maxFrameBytes: 1024 * 1024,
  maxRoomsPerSession: 100,
  ratePerSecond: 100,
  rateBurst: 200,
  ephemeralPerSecond: 120,
  userRatePerSecond: 300,
  rateAbuseMs: 5000,
  maxErrors: 10,
  errorWindowMs: 10_000,
  maxWaiting: 1000,
  unsentBytes: 64 * 1024,
  replyBytes: 256 * 1024,
  keyedBytes: 64 * 1024,
  behindBytes: 1024 * 1024,
  notReadingMs: 30_000,
  leaveGraceMs: 2000,
  lingerMs: 10_000,
  heartbeatMs: 25_000,
  sweepMs: 1500,
};
