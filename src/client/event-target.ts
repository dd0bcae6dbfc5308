import type { EventEmitter } from 'node:events';
import { TypedEmitter } from '../node/typed-emitter.js';
import { presetListeners } from './instance-size.js';
import type { Data } from './payload.js';
import type { WebSocket } from './websocket.js';
import type { WebSocketEvents } from './websocket-types.js';

/**
 * The events that `addEventListener` and the `on…` attributes hand out, in the form that `ws` gives them, and
 * the bridge from an EventEmitter's listeners. The strict WHATWG faces are elsewhere.
 */

const kType = Symbol('type');
const kTarget = Symbol('target');
const kCode = Symbol('code');
const kReason = Symbol('reason');
const kWasClean = Symbol('wasClean');
const kError = Symbol('error');
const kData = Symbol('data');

/**
 * What events hold. Not members of their types: programs typed for `ws` call listeners with plain objects that have
 * the attributes, and private members would refuse them.
 */
interface EventSlots {
  [kType]: string;
  [kTarget]: WebSocket;
  [kCode]: number;
  [kReason]: string;
  [kWasClean]: boolean;
  [kError]: Error;
  [kData]: Data;
}

const slotsOf = (event: Event): EventSlots => event as unknown as EventSlots;

/** What every event has. */
export class Event {
  constructor(type: string, target: WebSocket) {
    slotsOf(this)[kType] = type;
    slotsOf(this)[kTarget] = target;
  }

  get type(): string {
    return slotsOf(this)[kType];
  }

  get target(): WebSocket {
    return slotsOf(this)[kTarget];
  }
}

/** Of the event `close`. */
export class CloseEvent extends Event {
  constructor(target: WebSocket, code: number, reason: string, wasClean: boolean) {
    super('close', target);
    slotsOf(this)[kCode] = code;
    slotsOf(this)[kReason] = reason;
    slotsOf(this)[kWasClean] = wasClean;
  }

  /** Code of the peer's close frame: 1005 if it had none, 1006 if none came. */
  get code(): number {
    return slotsOf(this)[kCode];
  }

  /** Reason of the peer's close frame. */
  get reason(): string {
    return slotsOf(this)[kReason];
  }

  /** Whether both close frames were exchanged. */
  get wasClean(): boolean {
    return slotsOf(this)[kWasClean];
  }
}

/** Of the event `error`. */
export class ErrorEvent extends Event {
  constructor(target: WebSocket, error: Error) {
    super('error', target);
    slotsOf(this)[kError] = error;
  }

  /** Errors of hawser and of Node have a `code`. */
  get error(): Error & { readonly code?: string } {
    return slotsOf(this)[kError];
  }

  get message(): string {
    return slotsOf(this)[kError].message;
  }
}

/** Of the event `message`. */
export class MessageEvent extends Event {
  constructor(target: WebSocket, data: Data) {
    super('message', target);
    slotsOf(this)[kData] = data;
  }

  /** Text as a string; otherwise as `binaryType` says. */
  get data(): Data {
    return slotsOf(this)[kData];
  }
}

/** Attributes of WebIDL are enumerable: `for … in` finds them. */
export function makeEnumerable(prototype: object, ...names: string[]): void {
  for (const name of names) Object.defineProperty(prototype, name, { enumerable: true });
}

makeEnumerable(Event.prototype, 'type', 'target');
makeEnumerable(CloseEvent.prototype, 'code', 'reason', 'wasClean');
makeEnumerable(ErrorEvent.prototype, 'error', 'message');
makeEnumerable(MessageEvent.prototype, 'data');

/** The events by name. */
export interface WebSocketEventMap {
  open: Event;
  error: ErrorEvent;
  close: CloseEvent;
  message: MessageEvent;
}

/** A function, or an object with the method `handleEvent`. */
export type EventListener<E> = ((event: E) => void) | { handleEvent(event: E): void };

/** Options of `addEventListener`. */
export interface EventListenerOptions {
  /** Call the listener once at most. Default `false`. */
  once?: boolean | undefined;
}

/** How the arguments of an emitted event become an event object. */
const makers = {
  open: (target: WebSocket) => new Event('open', target),
  error: (target: WebSocket, error: Error) => new ErrorEvent(target, error),
  close: (target: WebSocket, code: number, reason: Buffer) =>
    new CloseEvent(target, code, reason.toString(), target._wasClean),
  message: (target: WebSocket, data: Data, isBinary: boolean) =>
    new MessageEvent(target, isBinary || typeof data === 'string' ? data : String(data)),
} as const;

type Maker = (target: WebSocket, ...args: never[]) => Event;

/** Marks the wrapper that was added for a listener. */
const kListener = Symbol('listener');
/** Marks a wrapper that belongs to an `on…` attribute. */
const kAttribute = Symbol('attribute');

interface Wrapper {
  (this: WebSocket, ...args: unknown[]): void;
  [kListener]?: unknown;
  [kAttribute]?: boolean;
}

/** An EventEmitter with the listener methods and attributes of a DOM EventTarget, as far as `ws` has them. */
export class EventTargetEmitter extends TypedEmitter<WebSocketEvents> {
  constructor() {
    super();
    presetListeners(this);
  }

  /** Node takes every name that it finds for one with listeners. */
  override eventNames(): (string | symbol)[] {
    return super.eventNames().filter((name) => this.listenerCount(name) > 0);
  }

  get onopen(): ((event: Event) => void) | null {
    return attribute(this, 'open');
  }

  set onopen(listener: ((event: Event) => void) | null) {
    setAttribute(this, 'open', listener);
  }

  get onmessage(): ((event: MessageEvent) => void) | null {
    return attribute(this, 'message');
  }

  set onmessage(listener: ((event: MessageEvent) => void) | null) {
    setAttribute(this, 'message', listener);
  }

  get onerror(): ((event: ErrorEvent) => void) | null {
    return attribute(this, 'error');
  }

  set onerror(listener: ((event: ErrorEvent) => void) | null) {
    setAttribute(this, 'error', listener);
  }

  get onclose(): ((event: CloseEvent) => void) | null {
    return attribute(this, 'close');
  }

  set onclose(listener: ((event: CloseEvent) => void) | null) {
    setAttribute(this, 'close', listener);
  }

  /** As in the DOM, for the types `open`, `message`, `error` and `close`; a listener is added once. */
  addEventListener<K extends keyof WebSocketEventMap>(
    type: K,
    listener: EventListener<WebSocketEventMap[K]>,
    options: EventListenerOptions = {},
  ): void {
    const known = wrappers(this, type).some(
      (wrapper) => wrapper[kListener] === listener && !wrapper[kAttribute],
    );
    if (!known) addWrapped(this, type, listener as EventListener<never>, { once: options.once === true });
  }

  /** As in the DOM. */
  removeEventListener<K extends keyof WebSocketEventMap>(
    type: K,
    listener: EventListener<WebSocketEventMap[K]>,
  ): void {
    const found = wrappers(this, type).find(
      (wrapper) => wrapper[kListener] === listener && !wrapper[kAttribute],
    );
    if (found !== undefined) this.removeListener(type, found as never);
  }
}

makeEnumerable(EventTargetEmitter.prototype, 'onopen', 'onmessage', 'onerror', 'onclose');
makeEnumerable(EventTargetEmitter.prototype, 'addEventListener', 'removeEventListener');

function addWrapped(
  target: EventEmitter,
  type: string,
  listener: EventListener<never>,
  { once = false, attribute = false },
): void {
  if (!Object.hasOwn(makers, type)) return;
  const maker = makers[type as keyof typeof makers] as Maker;
  const wrapper: Wrapper = function (...args) {
    const event = maker(this, ...(args as never[])) as never;
    if (typeof listener === 'function') listener.call(this, event);
    else listener.handleEvent(event);
  };
  wrapper[kListener] = listener;
  wrapper[kAttribute] = attribute;
  if (once) target.once(type, wrapper);
  else target.on(type, wrapper);
}

function attribute<Listener>(target: EventEmitter, type: string): Listener | null {
  const wrapper = wrappers(target, type).find((candidate) => candidate[kAttribute]);
  return (wrapper?.[kListener] as Listener | undefined) ?? null;
}

/** Anything but a function clears the attribute. */
function setAttribute(target: EventEmitter, type: string, listener: unknown): void {
  const old = wrappers(target, type).find((wrapper) => wrapper[kAttribute]);
  if (old !== undefined) target.removeListener(type, old as never);
  if (typeof listener === 'function') addWrapped(target, type, listener as () => void, { attribute: true });
}

/** `once` wraps a listener again; `listeners` sees through that. */
function wrappers(target: EventEmitter, type: string): Wrapper[] {
  return (target.listeners(type) as Wrapper[]).filter((listener) => listener[kListener] !== undefined);
}
