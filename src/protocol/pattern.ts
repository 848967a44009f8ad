/** Whether a name is what a pattern says, or begins so where the pattern ends with a `*`. [C6] */
export function fits(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
