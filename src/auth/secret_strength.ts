/** The fewest bytes a shared secret may have: as many as the hash it keys. */
const MIN_BYTES = 32;
/** Fewer different characters than this are no random secret. */
const MIN_DISTINCT = 10;
const PLACEHOLDER = /change.?(?:me|this|it)|your.{0,20}(?:secret|key|password)|replace.?(?:me|this)/i;

/** Why a secret must not be used, or nothing. The answer never quotes the secret. */
function weaknessOf(secret: string): string | undefined {
  const bytes = new TextEncoder().encode(secret).length;
  if (bytes < MIN_BYTES) return `it has ${bytes} bytes and needs ${MIN_BYTES}; try: openssl rand -base64 48`;
  if (PLACEHOLDER.test(secret)) return "it is a placeholder; try: openssl rand -base64 48";
  if (new Set(secret).size < MIN_DISTINCT) return "it repeats itself; try: openssl rand -base64 48";
  return undefined;
}

/**
 * Secrets that may be used, the current one and, while keys are rotated, the one before or after it.
 * @throws {RangeError} when one is weak or there are more than two
 */
export function strongSecrets(what: string, secrets: readonly string[]): readonly string[] {
  if (secrets.length > 2) throw new RangeError(`Cannot use ${what}: two are the most, for rotation`);
  for (const secret of secrets) {
    const weakness = weaknessOf(secret);
    if (weakness !== undefined) throw new RangeError(`Cannot use ${what}: ${weakness}`);
  }
  return secrets;
}
