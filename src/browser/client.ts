/** The client of a contract on a connection that comes back. */

import type { CallSettings, StreamSettings } from '../rpc/client/call-settings.js';
import { Caller, type MethodFacts } from '../rpc/client/caller.js';
import { type Calls, callsOf } from '../rpc/client/calls.js';
import type { Contract } from '../rpc/contract/contract.js';
import { Endpoint, type MakeResponder } from '../rpc/endpoint.js';
import type { NotSentError } from '../transport/errors.js';
import type { WhenOffline } from '../transport/link.js';
import { Connection, type ConnectionOptions } from './connection.js';
import type { ClientStatus } from './status.js';

/** Options of `connect`. */
export interface ClientOptions<C extends Contract = Contract> extends Omit<ConnectionOptions, 'protocols'> {
  /** What the server offers. Default nothing: `request` calls any method. */
  readonly api?: C | undefined;
  /** What the client offers to the server, by `answerCalls` of `hawser/rpc/server`. Default nothing. */
  readonly answers?: MakeResponder | undefined;
  /** Milliseconds that a call has unless it says otherwise. Default 30,000. */
  readonly timeout?: number | undefined;
  /** Subprotocols to offer; an empty list for none. Default `['jsonrpc-2.0']`. */
  readonly protocols?: readonly string[] | undefined;
  /** Whether requests carry the member `meta`. Default `true`; `false` for servers that refuse what they do not know. */
  readonly metadata?: boolean | undefined;
  /** How deep JSON of the server may be nested. Default 64. */
  readonly maxDepth?: number | undefined;
  /** Messages in a batch of the server. Default 100. */
  readonly maxBatch?: number | undefined;
}

/** A client: calls, and the connection that they go over. */
export interface Client<C extends Contract> {
  /** A function for each method of `api`. */
  readonly call: Calls<C>;
  /** Calls a method by its name. */
  request(
    method: string,
    params?: unknown,
    settings?: CallSettings & Pick<MethodFacts, 'retry'>,
  ): Promise<unknown>;
  /** Sends a notification by its name; resolves when it has left. */
  notify(method: string, params?: unknown, settings?: { whenOffline?: WhenOffline }): Promise<void>;
  /** Calls a stream by its name, when the iteration begins. */
  stream(method: string, params?: unknown, settings?: StreamSettings): AsyncIterable<unknown>;
  /** What the connection is doing: another object whenever that changes. */
  readonly status: ClientStatus;
  /** Calls and streams that have not ended. */
  readonly pending: number;
  /** Messages that wait for a connection. */
  readonly queued: number;
  /** Calls back whenever `status` changes; returns a function that ends that. */
  subscribe(subscriber: (status: ClientStatus) => void): () => void;
  /** Connects now rather than later, also where there would be no further attempt. */
  reconnect(): void;
  /** Ends the connection; calls that wait are rejected. Default 1000 without a reason. */
  close(code?: number, reason?: string): void;
}

/** The close code of RFC 6455 §7.4.1. */
const MESSAGE_TOO_BIG = 1009;

/**
 * Connects to a server and stays connected.
 * @param url of the scheme ws or wss, or a function that gives it for each attempt
 * @param options `api` is the contract of the server
 */
export function connect<C extends Contract = Record<never, never>>(
  url: string | (() => string | Promise<string>),
  options: ClientOptions<C> = {},
): Client<C> {
  const { api = {} as C, answers, protocols = ['jsonrpc-2.0'], maxDepth = 64, maxBatch = 100 } = options;
  let endpoint: Endpoint | undefined;
  let responder: ReturnType<MakeResponder> | undefined;
  let whenDrained: Promise<void> | undefined;
  let drained = (): void => undefined;
  const limits = { maxDepth, maxBatch, plainCalls: false };
  const send = (text: string): Promise<void> | undefined => {
    if (connection.post(text)) return undefined;
    whenDrained ??= new Promise((resolve) => {
      drained = resolve;
    });
    return whenDrained;
  };
  const goOn = (): void => {
    whenDrained = undefined;
    drained();
  };
  const listener = {
    message: (data: string | Uint8Array) => {
      if (typeof data === 'string') endpoint?.receive(data);
    },
    opened: () => {
      responder = answers?.(send);
      endpoint = new Endpoint({ caller, responder, limits, send });
      caller.restored();
    },
    drained: goOn,
    lost: (code: number) => {
      responder?.lost();
      responder = undefined;
      endpoint = undefined;
      goOn();
      // A message that is too long would end the next connection as well.
      caller.lost(code !== MESSAGE_TOO_BIG);
    },
    closed: (error: NotSentError) => caller.close(error),
  };
  const connection = new Connection(url, listener, { ...options, protocols });
  const caller = new Caller(connection, options);
  return {
    call: callsOf(api, caller),
    request: (method, params, settings) => caller.call(method, params, settings, settings),
    notify: (method, params, settings) => caller.notify(method, params, settings),
    stream: (method, params, settings) => caller.stream(method, params, settings),
    get status() {
      return connection.status;
    },
    get pending() {
      return caller.pending;
    },
    get queued() {
      return connection.queued;
    },
    subscribe: connection.subscribe,
    reconnect: () => connection.reconnect(),
    close: (code, reason) => connection.close(code, reason),
  };
}
