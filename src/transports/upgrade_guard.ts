/** A request handler as `Deno.serve` takes it. */
export type ServeHandler = (request: Request, info: Deno.ServeHandlerInfo) => Response | Promise<Response>;

/**
 * After an upgrade any answer but its own 101 closes the whole listener (denoland/deno#22333), and a middleware
 * that throws once its turn comes again is all it takes. The guard remembers what was upgraded and returns that,
 * whatever the handlers around it made of it.
 */
export class UpgradeGuard {
  readonly #upgraded = new WeakMap<Request, Response>();

  readonly note = (request: Request, response: Response): void => {
    this.#upgraded.set(request, response);
  };

  /** Wraps the outermost handler. */
  wrap(handler: ServeHandler, failed: (error: unknown) => Response): ServeHandler {
    return async (request, info) => {
      let response: Response;
      try {
        response = await handler(request, info);
      } catch (error) {
        response = this.#upgraded.get(request) ?? failed(error);
      }
      return this.#upgraded.get(request) ?? response;
    };
  }
}
