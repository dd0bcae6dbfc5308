/** What gateways between a client and an HTTP server do to requests, as a `fetch` of the client. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Journal } from './journal.js';
import type { Random } from './random.js';

/** One request in so many has each of the faults. */
const RARITY = 60;
/** Milliseconds until a request comes a second time, at most. */
const LATE = 400;

const page = '<!doctype html><title>Bad gateway</title>data: not an event\n\n';

/** Answers of gateways that have not handed a request on. */
const answers: readonly (() => Response)[] = [
  () => new Response(page, { status: 502, headers: { 'content-type': 'text/html' } }),
  () => new Response(page, { status: 200, headers: { 'content-type': 'text/html' } }),
  () => Response.json({ code: 503, reason: 'Service Unavailable' }, { status: 503 }),
  () => Response.json({ messages: 'maintenance' }, { status: 200 }),
];

type Fault = (address: URL, init: RequestInit) => Promise<Response>;

/** Lets most requests through. Other requests get no answer, the answer of somebody else, or come a second time. */
export class BadGateway {
  readonly #random: Random;
  readonly #journal: Journal;
  readonly #faults: Readonly<Record<string, Fault>> = {
    lostAnswer: async (address, init) => {
      const response = await fetch(address, init);
      void response.body?.cancel().catch(() => undefined);
      throw new TypeError('the answer was lost');
    },
    gatewayAnswer: async () => this.#random.pick(answers)(),
    gatewayAnswerLate: async (address, init) => {
      const response = await fetch(address, init);
      void response.body?.cancel().catch(() => undefined);
      return this.#random.pick(answers)();
    },
    repeated: (address, init) => {
      void this.#repeat(address, init);
      return fetch(address, init);
    },
  };
  /** Sessions whose last response was lost. */
  #isBroken = false;

  /** @param random makes its choices */
  constructor(random: Random, journal: Journal) {
    this.#random = random;
    this.#journal = journal;
  }

  /** For the option `fetch` of one client at a time. */
  readonly fetch = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
    const address = new URL(String(input));
    const isDown = init.method === undefined;
    try {
      const response = await this.#choose()(address, init);
      if (isDown && response.ok) this.#came(init);
      return response;
    } catch (error) {
      this.#isBroken ||= isDown;
      throw error;
    }
  };

  #choose(): Fault {
    const names = Object.keys(this.#faults);
    const name = names[this.#random.below(RARITY)];
    if (name === undefined) return fetch;
    this.#journal.write({ event: 'fault', fault: name, connections: 1 });
    return this.#faults[name] as Fault;
  }

  /** A session begins, or goes on: behind a loss, or as every event stream that is not the first. */
  #came({ headers = {} }: RequestInit): void {
    const { 'hawser-key': key, accept } = headers as Record<string, string>;
    if (key !== undefined && (this.#isBroken || accept === 'text/event-stream')) {
      this.#journal.write({ event: 'transport', change: 'resumed' });
    }
    this.#isBroken = false;
  }

  /** It comes late, also when the client has taken it back, and nobody reads what it is answered. */
  async #repeat(address: URL, { signal: _, ...init }: RequestInit): Promise<void> {
    await sleep(this.#random.below(LATE));
    const response = await fetch(address, init).catch(() => undefined);
    await response?.body?.cancel().catch(() => undefined);
  }
}
