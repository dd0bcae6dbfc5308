/** Starts an opening handshake and tells how it went. */

import type { ClientRequest, IncomingMessage } from 'node:http';
import { parseAddress } from '../../src/client/address.js';
import type { ClientOptions } from '../../src/client/client-options.js';
import {
  type OpeningHandler,
  OpeningHandshake,
  type OpeningResult,
} from '../../src/client/opening-handshake.js';

/** What of a handler a test wants otherwise. */
export type Listeners = Partial<OpeningHandler> & { readonly subprotocols?: readonly string[] };

/** A handshake under way. */
export interface Started {
  readonly handshake: OpeningHandshake;
  /** Its end. */
  readonly outcome: Promise<OpeningResult | Error>;
  /** Names of the handler's methods in the order of their calls. */
  readonly calls: readonly string[];
}

/** Starts to connect. */
export function start(
  address: string | URL,
  options: ClientOptions = {},
  listeners: Listeners = {},
): Started {
  const calls: string[] = [];
  let settle: (outcome: OpeningResult | Error) => void = () => {};
  const outcome = new Promise<OpeningResult | Error>((resolve) => {
    settle = resolve;
  });
  const { subprotocols = [], ...handler } = listeners;
  const recorded = <Name extends 'upgrade' | 'redirect' | 'opened' | 'failed'>(name: Name) =>
    ((...args: Parameters<OpeningHandler[Name]>) => {
      calls.push(name);
      (handler[name] as ((...given: unknown[]) => void) | undefined)?.(...args);
      if (name === 'opened' || name === 'failed') settle(args[0] as OpeningResult | Error);
    }) as OpeningHandler[Name];
  const handshake = new OpeningHandshake(parseAddress(address), subprotocols, options, {
    finishRequest: handler.finishRequest,
    upgrade: recorded('upgrade'),
    redirect: recorded('redirect'),
    opened: recorded('opened'),
    failed: recorded('failed'),
    unexpectedResponse: (request: ClientRequest, response: IncomingMessage) => {
      calls.push('unexpectedResponse');
      return handler.unexpectedResponse?.(request, response) ?? false;
    },
  });
  return { handshake, outcome, calls };
}

/** Connects; throws if that fails. The socket is the caller's to destroy. */
export async function open(
  address: string | URL,
  options?: ClientOptions,
  listeners?: Listeners,
): Promise<OpeningResult> {
  const outcome = await start(address, options, listeners).outcome;
  if (outcome instanceof Error) throw outcome;
  return outcome;
}

/** Connects and hangs up. */
export async function openAndClose(
  address: string | URL,
  options?: ClientOptions,
  listeners?: Listeners,
): Promise<OpeningResult> {
  const result = await open(address, options, listeners);
  result.socket.destroy();
  return result;
}

/** The error of a handshake that has to fail, and its `code` and `status`. */
export async function failureOf(
  started: Started,
): Promise<Error & { readonly code?: string; readonly status?: number }> {
  const outcome = await started.outcome;
  if (outcome instanceof Error) return outcome;
  outcome.socket.destroy();
  throw new Error('The handshake should have failed');
}

/** Starts a handshake that has to fail. */
export function fail(address: string | URL, options?: ClientOptions, listeners?: Listeners) {
  return failureOf(start(address, options, listeners));
}

/** A promise and what resolves it. */
export function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
