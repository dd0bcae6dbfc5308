import { UsageError } from '../protocol/errors.js';
import { EventTargetEmitter } from './event-target.js';

/** The values of `readyState` (WHATWG WebSockets, "ready state"). */
export const CONNECTING = 0;
export const OPEN = 1;
export const CLOSING = 2;
export const CLOSED = 3;

/** One of the four states. */
export type ReadyState = typeof CONNECTING | typeof OPEN | typeof CLOSING | typeof CLOSED;

/** Their names, by value. */
const readyStateNames = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const;

/** The error of whoever wants to send in a state other than OPEN. */
export function notOpen(readyState: ReadyState): UsageError {
  return new UsageError('WS_ERR_NOT_OPEN', `readyState ${readyState} (${readyStateNames[readyState]})`);
}

/** Types of the states as constants of a class and of its instances (WebIDL constants). */
export class ReadyStateEmitter extends EventTargetEmitter {
  declare static readonly CONNECTING: typeof CONNECTING;
  declare static readonly OPEN: typeof OPEN;
  declare static readonly CLOSING: typeof CLOSING;
  declare static readonly CLOSED: typeof CLOSED;
  declare readonly CONNECTING: typeof CONNECTING;
  declare readonly OPEN: typeof OPEN;
  declare readonly CLOSING: typeof CLOSING;
  declare readonly CLOSED: typeof CLOSED;
}

/** Gives a class and its prototype the constants. */
export function defineReadyStates(target: { readonly prototype: ReadyStateEmitter }): void {
  for (const [value, name] of readyStateNames.entries()) {
    for (const object of [target, target.prototype])
      Object.defineProperty(object, name, { enumerable: true, value });
  }
}
