/**
 * The events that the faces fire, and event targets that know which. What Node.js has of them is used, so that
 * `instanceof` works for whoever asks. It may not know when an event is fired.
 */

import type { MessagePort } from 'node:worker_threads';
import {
  defineInterface,
  requireArguments,
  toDictionary,
  toDOMString,
  toUnsignedShort,
  toUSVString,
} from './web-idl.js';

/** Options of a `CloseEvent`. */
export interface CloseEventInit {
  bubbles?: boolean;
  cancelable?: boolean;
  composed?: boolean;
  /** Default `false`. */
  wasClean?: boolean;
  /** Default 0. */
  code?: number;
  /** Default: empty. */
  reason?: string;
}

/** The event `close` (WHATWG WebSockets, "The CloseEvent interface"). */
export interface CloseEvent extends Event {
  /** Whether both close frames were exchanged. */
  readonly wasClean: boolean;
  /** Code of the peer's close frame: 1005 if it had none, 1006 if none came. */
  readonly code: number;
  /** Reason of the peer's close frame. */
  readonly reason: string;
}

/** The class of `CloseEvent`s. */
export interface CloseEventConstructor {
  new (type: string, eventInitDict?: CloseEventInit): CloseEvent;
  readonly prototype: CloseEvent;
}

/** Options of a `MessageEvent`. */
export interface MessageEventInit<T = unknown> {
  /** Default `null`. */
  data?: T;
  /** Default: empty. */
  origin?: string;
  /** Default: empty. */
  lastEventId?: string;
  /** Default `null`. */
  source?: MessagePort | null;
  /** Default: none. */
  ports?: MessagePort[];
}

/** The event `message` (HTML, "The MessageEvent interface"). */
export interface MessageEvent<T = unknown> extends Event {
  /** Text as a string; otherwise as `binaryType` says. */
  readonly data: T;
  /** Scheme, host and port of the server. */
  readonly origin: string;
  /** Empty here. */
  readonly lastEventId: string;
  /** `null` here. */
  readonly source: MessagePort | null;
  /** Empty here. */
  readonly ports: readonly MessagePort[];
}

/** The class of `MessageEvent`s. */
export interface MessageEventConstructor {
  new <T = unknown>(type: string, eventInitDict?: MessageEventInit<T>): MessageEvent<T>;
  readonly prototype: MessageEvent;
}

class OwnCloseEvent extends Event implements CloseEvent {
  readonly #wasClean: boolean;
  readonly #code: number;
  readonly #reason: string;

  constructor(type: string, eventInitDict: CloseEventInit = {}) {
    // biome-ignore lint/complexity/noArguments: Web IDL tells a missing argument from `undefined`
    requireArguments(arguments.length, 1, 'CloseEvent constructor');
    const name = toDOMString(type);
    const init = toDictionary(eventInitDict, 'eventInitDict');
    const { bubbles, cancelable, composed, wasClean = false, code = 0, reason = '' } = init;
    super(name, { bubbles: Boolean(bubbles), cancelable: Boolean(cancelable), composed: Boolean(composed) });
    this.#wasClean = Boolean(wasClean);
    this.#code = toUnsignedShort(code);
    this.#reason = toUSVString(reason);
  }

  get wasClean(): boolean {
    return this.#wasClean;
  }

  get code(): number {
    return this.#code;
  }

  get reason(): string {
    return this.#reason;
  }
}

defineInterface(OwnCloseEvent, { name: 'CloseEvent', members: ['wasClean', 'code', 'reason'] });
Object.defineProperty(OwnCloseEvent, 'name', { value: 'CloseEvent', configurable: true });

const platform = globalThis as unknown as {
  readonly CloseEvent?: CloseEventConstructor;
  readonly MessageEvent: MessageEventConstructor;
};

/** The class of the event `close`; the platform's own where it has one, which Node.js 20 has not. */
export const CloseEvent: CloseEventConstructor = platform.CloseEvent ?? OwnCloseEvent;

/** The class of the event `message`: the platform's own. */
export const MessageEvent: MessageEventConstructor = platform.MessageEvent;

const TRUSTED: PropertyDescriptor = { value: true, enumerable: true };

/** "Fire an event": dispatches one that no script has made. */
export function fireEvent(target: EventTarget, event: Event): void {
  // Only Node.js itself can make trusted events; where that cannot be changed, nothing else suffers.
  Reflect.defineProperty(event, 'isTrusted', TRUSTED);
  target.dispatchEvent(event);
}

/** A function, or an object with the method `handleEvent`. */
export type EventListenerOf<Target, E> =
  | ((this: Target, event: E) => unknown)
  | { handleEvent(event: E): unknown };

/** Options of `addEventListener`. */
export interface AddEventListenerOptions {
  /** No difference here: there is nothing to capture from. Default `false`. */
  capture?: boolean;
  /** Call the listener once at most. Default `false`. */
  once?: boolean;
  /** The listener will not cancel the event. Default `false`. */
  passive?: boolean;
  /** Removes the listener when it is aborted. Default: none. */
  signal?: AbortSignal;
}

/** An event target with the events of `EventMap`, by type. */
export interface EventTargetOf<EventMap> extends EventTarget {
  addEventListener<Type extends keyof EventMap & string>(
    type: Type,
    listener: EventListenerOf<this, EventMap[Type]> | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOf<this, Event> | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Type extends keyof EventMap & string>(
    type: Type,
    listener: EventListenerOf<this, EventMap[Type]> | null,
    options?: boolean | { capture?: boolean },
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOf<this, Event> | null,
    options?: boolean | { capture?: boolean },
  ): void;
}
