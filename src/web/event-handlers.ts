/**
 * Event handler IDL attributes (HTML, "Event handlers"): what `onmessage` and its like hold. It may not know which
 * events there are.
 */

import { isObject } from './web-idl.js';

/** What an `on…` attribute of `Target` holds. */
export type EventHandler<Target, E> = ((this: Target, event: E) => unknown) | null;

interface ActiveHandler {
  value: object;
  readonly listener: (event: Event) => void;
}

/** The event handler map of one target. */
export class EventHandlers {
  readonly #target: EventTarget;
  readonly #active = new Map<string, ActiveHandler>();

  constructor(target: EventTarget) {
    this.#target = target;
  }

  /** The handler for `type`; `null` for none. */
  get(type: string): unknown {
    return this.#active.get(type)?.value ?? null;
  }

  /** Sets the handler. What is no object is `null`; an object that cannot be called is kept, and not called. */
  set(type: string, value: unknown): void {
    const handler = this.#active.get(type);
    if (!isObject(value)) this.#deactivate(type, handler);
    // The handler that replaces another takes its place among the listeners.
    else if (handler !== undefined) handler.value = value;
    else this.#activate(type, value);
  }

  /** "Activate an event handler". */
  #activate(type: string, value: object): void {
    const handler: ActiveHandler = { value, listener: (event) => processEvent(handler.value, event) };
    this.#active.set(type, handler);
    this.#target.addEventListener(type, handler.listener);
  }

  /** "Deactivate an event handler". */
  #deactivate(type: string, handler: ActiveHandler | undefined): void {
    if (handler === undefined) return;
    this.#active.delete(type);
    this.#target.removeEventListener(type, handler.listener);
  }
}

/** "The event handler processing algorithm". */
function processEvent(callback: object, event: Event): void {
  if (typeof callback !== 'function') return;
  const returned: unknown = callback.call(event.currentTarget, event);
  if (returned === false) event.preventDefault();
}
