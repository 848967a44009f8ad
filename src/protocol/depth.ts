/** True when `value` nests deeper than `limit` objects or arrays. Stops as soon as it knows. [L] */
export function deeperThan(value: unknown, limit: number): boolean {
  // bytes are one value, however many
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return false;
  if (limit === 0) return true;
  for (const child of Object.values(value)) {
    if (typeof child === "object" && child !== null && deeperThan(child, limit - 1)) return true;
  }
  return false;
}
