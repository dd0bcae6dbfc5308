/** A server and a client of the same contract on linked transports, and a raw peer that speaks texts. */

import { expect } from 'vitest';
import { Caller } from '../../src/rpc/client/caller.js';
import { callsOf } from '../../src/rpc/client/calls.js';
import type { Contract } from '../../src/rpc/contract/contract.js';
import { Endpoint, type MakeResponder } from '../../src/rpc/endpoint.js';
import type { Authentication } from '../../src/rpc/server/call.js';
import { directLink } from '../../src/rpc/server/direct-link.js';
import type { RpcServer } from '../../src/rpc/server/rpc-server.js';
import { type LinkedTransportsOptions, linkedTransports, ManualClock } from '../../src/testing/index.js';
import { NotSentError } from '../../src/transport/errors.js';

/** Lets microtasks run until nothing is left to do. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}

interface RawPeerOptions extends LinkedTransportsOptions {
  readonly session?: Authentication<never>;
}

/** A peer that sends texts and keeps what comes. */
export function rawPeer<Context, Peer extends Contract>(
  rpc: RpcServer<Context, Peer, never>,
  { session, ...options }: RawPeerOptions = {},
) {
  const { client, server, cut } = linkedTransports(options);
  const texts: string[] = [];
  const closes: { code: number; reason: string }[] = [];
  client.listen({
    message: (data) => texts.push(data as string),
    drain: () => undefined,
    close: (code, reason) => closes.push({ code, reason }),
  });
  const connection = rpc.serve(server, session);
  const send = (message: unknown): void => {
    client.send(typeof message === 'string' ? message : JSON.stringify(message));
  };
  return {
    connection,
    transport: client,
    cut,
    closes,
    /** What came since the last time, parsed. */
    take: (): unknown[] => texts.splice(0).map((text) => JSON.parse(text)),
    send,
    /** Sends a message and gives what came because of it. */
    ask: async (message: unknown): Promise<unknown[]> => {
      send(message);
      await settled();
      return texts.splice(0).map((text) => JSON.parse(text));
    },
  };
}

interface LinkedClientOptions {
  readonly session?: Authentication<never>;
  readonly answers?: MakeResponder;
  readonly clock?: ManualClock;
  readonly timeout?: number;
}

/** A client of a contract, without reconnection. */
export function linkedClient<C extends Contract, Context, Peer extends Contract>(
  api: C,
  rpc: RpcServer<Context, Peer, never>,
  { session, answers, clock = new ManualClock(), timeout }: LinkedClientOptions = {},
) {
  const { client, server, cut } = linkedTransports();
  let isOpen = true;
  const send = (text: string): undefined => {
    client.send(text);
  };
  const caller = new Caller(directLink({ isOpen: () => isOpen, send }), { clock, timeout });
  const responder = answers?.(send);
  const endpoint = new Endpoint({
    caller,
    responder,
    limits: { maxDepth: 64, maxBatch: 100, plainCalls: false },
    send,
  });
  client.listen({
    message: (data) => endpoint.receive(data as string),
    drain: () => undefined,
    close: () => {
      isOpen = false;
      responder?.lost();
      caller.lost();
      caller.close(new NotSentError('RPC_ERR_CLOSED'));
    },
  });
  return {
    call: callsOf(api, caller),
    caller,
    clock,
    cut,
    transport: client,
    connection: rpc.serve(server, session),
  };
}

/** A request, with the id 1 unless `more` has another. */
export const request = (method: string, more: object = {}) => ({ jsonrpc: '2.0', method, id: 1, ...more });

/** The answer to it, with an error of this code. */
export const failure = (code: number, id: unknown = 1) => ({
  jsonrpc: '2.0',
  id,
  error: expect.objectContaining({ code }),
});

/** Something to wait for until a test lets it happen. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** What has become of a promise so far: nothing, a value or an error. */
export function settlement(promise: Promise<unknown>): { value?: unknown; error?: unknown } {
  const seen: { value?: unknown; error?: unknown } = {};
  promise.then(
    (value) => {
      seen.value = value;
    },
    (error: unknown) => {
      seen.error = error;
    },
  );
  return seen;
}

/** A promise that rejects when its signal is aborted, with the reason. */
export const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
