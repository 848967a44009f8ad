/** A request handler as `Deno.serve` takes it. */
export type ServeHandler = (request: Request, info: Deno.ServeHandlerInfo) => Response | Promise<Response>;

/**
 * After an upgrade any answer but its own 101 closes the whole listener (denoland/deno#22333), and a middleware
 * that throws once its turn comes again is all it takes. The guard remembers what was upgraded and returns that,
 * whatever the handlers around it made of it.
 */
export class UpgradeGuard {
  /** what is being handled; an answer is forgotten with it, because the runtime keeps a socket's request */
  readonly #upgraded = new Map<Request, Response | undefined>();

  readonly note = (request: Request, response: Response): void => {
    if (this.#upgraded.has(request)) this.#upgraded.set(request, response);
  };

  /** Wraps the outermost handler. */
  wrap(handler: ServeHandler, failed: (error: unknown) => Response): ServeHandler {
    return async (request, info) => {
      const outermost = !this.#upgraded.has(request);
      if (outermost) this.#upgraded.set(request, undefined);
      let response: Response | undefined;
      try {
        response = await handler(request, info);
      } catch (error) {
        response = this.#upgraded.get(request) ?? failed(error);
      }
      response = this.#upgraded.get(request) ?? response;
      if (outermost) this.#upgraded.delete(request);
      return response;
    };
  }
}
