import { Webhook } from "standardwebhooks";
import { serve } from "../harness/server.ts";

/** A secret as a user makes one. */
export const SECRET = `whsec_${new Uint8Array(32).fill(42).toBase64()}`;

/** An event as it was posted. */
export interface Posted {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  // deno-lint-ignore no-explicit-any -- tests look into what came as it is
  readonly data: any;
}

/** An application that is told of events: what came, checked as its library does, and a way to wait for it. */
export class Receiver implements AsyncDisposable {
  /** every request whose signature is right, repeats too */
  readonly posted: Posted[] = [];
  /** why a request was none of the relay's */
  readonly forged: string[] = [];
  /** How the next requests are answered; 204, by default. */
  answer: (posted: Posted, request: Request) => Response | Promise<Response> = () =>
    new Response(null, { status: 204 });
  readonly url: string;
  readonly #stop: () => Promise<void>;
  readonly #looks = new Set<() => void>();

  constructor() {
    const { port, stop } = serve((request) => this.#take(request));
    this.url = `http://127.0.0.1:${port}/hooks`;
    this.#stop = stop;
  }

  /** The events of a type, as they came. */
  of(type: string): Posted[] {
    return this.posted.filter((one) => one.type === type);
  }

  /** Waits until what came fits. */
  async until(fits: () => boolean, what: string): Promise<void> {
    if (fits()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => reject(new Error(`it never came: ${what}: ${JSON.stringify(this.posted)}`)),
      20_000,
    );
    const look = () => fits() && resolve();
    this.#looks.add(look);
    await promise.finally(() => {
      clearTimeout(timer);
      this.#looks.delete(look);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
  }

  async #take(request: Request): Promise<Response> {
    const text = await request.text();
    try {
      new Webhook(SECRET).verify(text, Object.fromEntries(request.headers));
    } catch (error) {
      this.forged.push(String(error));
      return new Response(null, { status: 401 });
    }
    const posted: Posted = { id: request.headers.get("webhook-id")!, ...JSON.parse(text) };
    this.posted.push(posted);
    for (const look of this.#looks) look();
    return await this.answer(posted, request);
  }
}
