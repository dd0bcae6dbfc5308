/**
 * Long polling down, POST up: for networks that hold responses back until they end.
 * @module hawser/client/polling
 */

import type { Dial } from '../../transport/dial.js';
import {
  type Ending,
  type HttpOptions,
  type HttpSession,
  httpDial,
  type Opening,
} from '../fallback/http-session.js';

export type { HttpOptions } from '../fallback/http-session.js';

/** What the server answers to a poll. */
interface Answer {
  readonly session?: Opening;
  readonly messages: readonly unknown[];
  readonly close?: Ending;
}

/** Connects by long polling: a request waits at the server until there is something to answer. */
export function pollingDial(options?: HttpOptions): Dial {
  return httpDial({ name: 'polling', accept: 'application/json', read }, options);
}

async function read(response: Response, session: HttpSession): Promise<void> {
  const { session: opening, messages, close } = (await response.json()) as Answer;
  if (opening) session.opened(opening);
  // Not the characters of a text, should it be one.
  for (const message of messages.values()) session.message(message);
  if (close) session.ended(...close);
}
