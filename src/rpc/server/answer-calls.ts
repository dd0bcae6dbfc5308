/** The answering half where there is no server: what a client offers to the server that it is connected to. */

import type { Contract } from '../contract/contract.js';
import type { MakeResponder } from '../endpoint.js';
import { rpcError } from '../wire/error-object.js';
import type { CallConnection, Handlers } from './call.js';
import { CallResponder } from './call-responder.js';
import { methodTable } from './method-table.js';
import { Session } from './session.js';
import { type RpcServerOptions, settingsOf } from './settings.js';

/** Options of `answerCalls`: those of a server that make sense without connections. */
export type AnswerCallsOptions = Pick<
  RpcServerOptions<undefined>,
  'middleware' | 'onError' | 'timeout' | 'maxTimeout' | 'maxConcurrentCalls' | 'idempotencyStore' | 'clock'
>;

/**
 * Makes the answering half of a client: `connect(url, { answers: answerCalls(contract, handlers) })`.
 * @param contract what the client offers
 * @param handlers a function for each method
 * @throws RpcUsageError when a handler is missing
 */
export function answerCalls<C extends Contract>(
  contract: C,
  handlers: Handlers<C, undefined, Record<never, never>>,
  options: AnswerCallsOptions = {},
): MakeResponder {
  const methods = methodTable(contract, handlers);
  const settings = settingsOf<undefined>(options as RpcServerOptions<undefined, Contract, never>);
  return (send) => {
    let isOpen = true;
    const connection: CallConnection<undefined, Contract> = {
      context: undefined,
      principal: undefined,
      client: {},
      get isOpen() {
        return isOpen;
      },
      authenticate: () => Promise.reject(rpcError('INVALID_REQUEST', 'A server does not authenticate here')),
      close: () => undefined,
    };
    const close = (): void => undefined;
    const parts = { clock: settings.clock, isRequired: false, isRevoked: undefined, close };
    const session = new Session<undefined>(parts);
    const responder = new CallResponder({ connection, session, methods, settings, send });
    return {
      request: (...request) => responder.request(...request),
      plain: (...call) => responder.plain(...call),
      invalid: (...text) => responder.invalid(...text),
      lost: () => {
        isOpen = false;
        responder.lost();
      },
    };
  };
}
