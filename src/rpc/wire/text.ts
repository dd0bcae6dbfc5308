/** From messages to texts (JSON-RPC 2.0 §4 and §5). Members stand in the order in which the specification has them. */

import type { Id, Meta } from './message.js';

/** How a call ended: JSON of the result, or of an error object. */
export interface Outcome {
  readonly result?: string | undefined;
  readonly error?: string | undefined;
}

/** What a request is made of; `params` is JSON already. */
export interface RequestParts {
  readonly method: string;
  /** JSON of the parameters; `undefined` if there are none. */
  readonly params?: string | undefined;
  /** `undefined` for a notification. */
  readonly id?: Id | undefined;
  readonly meta?: Meta | undefined;
}

/** The text of a call or a notification. */
export function requestText({ method, params, id, meta }: RequestParts): string {
  let text = `{"jsonrpc":"2.0","method":${JSON.stringify(method)}`;
  if (params !== undefined) text += `,"params":${params}`;
  if (id !== undefined) text += `,"id":${JSON.stringify(id)}`;
  if (meta !== undefined) text += `,"meta":${JSON.stringify(meta)}`;
  return `${text}}`;
}

/** The text of the answer to a call. */
export function answerText(id: Id, outcome: Outcome): string {
  return `{"jsonrpc":"2.0",${memberOf(outcome)},"id":${typeof id === 'number' ? id : JSON.stringify(id)}}`;
}

/** The text of the answer to a call that was typed by hand. */
export function plainAnswerText(method: string, outcome: Outcome): string {
  return `{"method":${JSON.stringify(method)},${memberOf(outcome)}}`;
}

function memberOf({ result, error }: Outcome): string {
  return error === undefined ? `"result":${result}` : `"error":${error}`;
}
