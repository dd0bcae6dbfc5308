/**
 * The page's connection to the example API: a client of `hawser/client`, which comes back when it was lost, and signals
 * of what it does. Knows nothing of the page's elements.
 */
import { signal } from '@preact/signals';
import { type Client, type ClientStatus, connect } from 'hawser/client';
import { exampleContract } from '../../../src/cli/example-contract.js';
import { Inspection } from '../inspection.js';
import { rpcEndpoint, withInspection } from '../own-endpoint.js';

/** The states of a client, in the order in which it goes through them. */
export const clientStates: readonly ClientStatus['state'][] = ['connecting', 'open', 'waiting', 'closed'];

/** Delays in milliseconds and their jitter: long enough that a person sees the client wait. */
const backoff = { initial: 2_000, max: 16_000 };
const random = (): number => 0.5 + Math.random() / 2;

type ExampleClient = Client<typeof exampleContract>;

/** Begins with the first visit of the view, and goes on when another view is shown. */
export class RpcConnection {
  /** The look into this connection; another one than into the echo connection of the other views. */
  readonly inspection = new Inspection();
  readonly status = signal<ClientStatus>({ state: 'connecting', attempt: 0 });
  /** How the connection before ended; `undefined` if there was none. */
  readonly lastEnd = signal<{ readonly code: number; readonly reason: string } | undefined>(undefined);
  /** Messages that wait for a connection. */
  readonly queued = signal(0);
  #client: ExampleClient | undefined;

  /** The client, connected or not. */
  get client(): ExampleClient {
    this.#client ??= this.#connect();
    return this.#client;
  }

  /** Begins to connect, if that has not begun: the client is made by its first use. */
  start(): void {
    this.recount();
  }

  /** Has the server end the connection without a close frame, as a network that fails would. */
  cut(): void {
    this.inspection.ask({ do: 'terminate' });
  }

  /** Looks how many messages wait: the client does not tell of it. */
  recount(): void {
    this.queued.value = this.client.queued;
  }

  #connect(): ExampleClient {
    // First who looks on, so that the connection is seen from its first frame.
    const looksOn = this.inspection.start();
    const address = async (): Promise<string> => {
      await looksOn;
      return withInspection(rpcEndpoint(), this.inspection.id);
    };
    const client = connect(address, { api: exampleContract, backoff, random });
    client.subscribe((status) => {
      this.status.value = status;
      const { code, reason = '' } = status;
      if (code !== undefined) this.lastEnd.value = { code, reason };
      // What waits leaves right after the status has changed.
      queueMicrotask(() => this.recount());
    });
    return client;
  }
}

/** The connection of this page. */
export const rpcConnection = new RpcConnection();
