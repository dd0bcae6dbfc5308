/**
 * What keeps the many sockets of a server small: fields that most of them never set, and the list of listeners.
 */
import type { EventEmitter } from 'node:events';

/** Values of fields until they are set; an instance pays 8 bytes for each field of its own. */
export function defineDefaults(prototype: object, defaults: object): void {
  for (const [name, value] of Object.entries(defaults)) {
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}

/** Gives an object a property of its own, whatever its prototypes have of that name. */
export function defineOwn(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

/** The events that most sockets have listeners of. */
function Listeners(this: Record<string, undefined>): void {
  this.message = undefined;
  this.close = undefined;
  this.error = undefined;
}
// As with the object that Node makes, no event may be found that is a member of Object.prototype.
Listeners.prototype = Object.create(null);

const ListenersOf = Listeners as unknown as new () => object;

/**
 * Gives an emitter room for its listeners. The object that Node makes is a dictionary of 184 bytes, ours takes 48;
 * Node's streams do the same. Where an EventEmitter has none of the name, this changes nothing.
 */
export function presetListeners(emitter: EventEmitter): void {
  const { _events: events } = emitter as { _events?: object };
  if (events !== undefined) (emitter as { _events?: object })._events = new ListenersOf();
}
