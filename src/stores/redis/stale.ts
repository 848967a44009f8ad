/** What a script answers that was sent under an epoch that counts no more. */
export const STALE = "STALE";
