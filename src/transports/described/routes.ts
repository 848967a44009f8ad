import type { RouterRoute } from "hono/types";
import { fits } from "../../protocol/pattern.ts";
import { partsOf, type RoutePart } from "./parts.ts";

/** One route of an app, with what its handlers say of themselves. */
export interface DescribedRoute {
  readonly method: string;
  /** as Hono has it: `/api/rooms/:roomId` */
  readonly path: string;
  readonly parts: readonly RoutePart[];
}

/** What Hono calls a handler of all methods: a middleware. */
const EVERY_METHOD = "ALL";

/**
 * The routes of an app that say what they are for, in the order they were added. What a middleware says holds for all
 * routes below its path.
 */
export function describedRoutes(routes: readonly RouterRoute[]): DescribedRoute[] {
  const found = new Map<string, { method: string; path: string; parts: RoutePart[] }>();
  const above: { path: string; parts: readonly RoutePart[] }[] = [];
  for (const { method, path, handler } of routes) {
    const parts = partsOf(handler);
    if (parts.length === 0) continue;
    if (method === EVERY_METHOD) {
      above.push({ path, parts });
      continue;
    }
    const key = `${method} ${path}`;
    let route = found.get(key);
    if (!route) found.set(key, route = { method, path, parts: [] });
    route.parts.push(...parts);
  }
  return [...found.values()].map(({ method, path, parts }) => {
    const covering = above.filter((one) => fits(one.path, path)).flatMap((one) => one.parts);
    const all = [...covering, ...parts].filter(({ methods }) => methods?.includes(method) ?? true);
    return { method, path, parts: all };
  });
}
