/** From messages to texts (JSON-RPC 2.0 §4 and §5). Members stand in the order in which the specification has them. */

import type { ErrorObject } from './error-object.js';
import type { Id, Meta } from './message.js';

/** How a call ended: JSON of the result, or an error object. */
export interface Outcome {
  readonly result?: string | undefined;
  readonly error?: ErrorObject | undefined;
}

/** What a request is made of; each part is JSON already but `meta`. */
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

/** The text of the answer to a call: `result` is JSON already. */
export function answerText(id: Id, { result, error }: Outcome): string {
  const member = error === undefined ? `"result":${result}` : `"error":${JSON.stringify(error)}`;
  return `{"jsonrpc":"2.0",${member},"id":${typeof id === 'number' ? id : JSON.stringify(id)}}`;
}

/** The text of the answer to a call that was typed by hand. */
export function plainAnswerText(method: string, { result, error }: Outcome): string {
  const member = error === undefined ? `"result":${result}` : `"error":${JSON.stringify(error)}`;
  return `{"method":${JSON.stringify(method)},${member}}`;
}
