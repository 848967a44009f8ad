import { type Keep, readJson } from "./storage.ts";

const KEY = "identity";
/** What the protocol allows a name to have. [C3] */
export const MAX_NAME = 64;

/** Who the reader is in this browser: the name is theirs, the rest is the server's. */
export interface Identity {
  readonly name: string;
  /** a guest's session: coming back with it keeps the userId [C3] */
  readonly session?: string;
  /** the userId of the last visit, so that own messages are known before the first welcome */
  readonly userId?: string;
}

/** The identity of an earlier visit. */
export function keptIdentity(keep: Keep): Identity | undefined {
  return readJson(keep, KEY, isIdentity);
}

/** Keeps an identity for the next visit; `undefined` forgets it. */
export function keepIdentity(keep: Keep, identity: Identity | undefined): void {
  keep.set(KEY, identity && JSON.stringify(identity));
}

/** A name as the server takes it, or `undefined` where nothing readable is left. */
export function nameFrom(typed: string): string | undefined {
  const name = typed.normalize("NFC").replace(UNSEEN, "").replace(/\s+/g, " ").trim();
  return name === "" || name.length > MAX_NAME ? undefined : name;
}

/** Control, zero-width and direction characters: a name must not pass for another one. */
// deno-lint-ignore no-control-regex -- they are what is removed
const UNSEEN = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

function isIdentity(value: unknown): value is Identity {
  if (typeof value !== "object" || value === null) return false;
  const { name, session, userId } = value as Partial<Record<keyof Identity, unknown>>;
  return typeof name === "string" && nameFrom(name) === name && isOptionalText(session) &&
    isOptionalText(userId);
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}
