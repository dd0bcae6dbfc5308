import { EventEmitter } from 'node:events';

/** Events by name, each with the tuple of its listener's arguments. */
export type EventArguments<Events> = { [Name in keyof Events]: unknown[] };

// biome-ignore lint/suspicious/noExplicitAny: what a listener of an event that is not ours takes is not known
type Arguments = any[];

/** An EventEmitter that knows the arguments of its own events; listeners of other names are taken as well. */
export interface TypedEmitter<Events extends EventArguments<Events>> extends EventEmitter {
  on<Name extends keyof Events>(name: Name, listener: (this: this, ...args: Events[Name]) => void): this;
  on(name: string | symbol, listener: (this: this, ...args: Arguments) => void): this;
  once<Name extends keyof Events>(name: Name, listener: (this: this, ...args: Events[Name]) => void): this;
  once(name: string | symbol, listener: (this: this, ...args: Arguments) => void): this;
  off<Name extends keyof Events>(name: Name, listener: (this: this, ...args: Events[Name]) => void): this;
  off(name: string | symbol, listener: (this: this, ...args: Arguments) => void): this;
  addListener<Name extends keyof Events>(name: Name, listener: (...args: Events[Name]) => void): this;
  addListener(name: string | symbol, listener: (...args: Arguments) => void): this;
  removeListener<Name extends keyof Events>(name: Name, listener: (...args: Events[Name]) => void): this;
  removeListener(name: string | symbol, listener: (...args: Arguments) => void): this;
}

/** `node:events`' class under its typed face. */
export const TypedEmitter = EventEmitter as Omit<typeof EventEmitter, 'prototype'> &
  (new <Events extends EventArguments<Events>>() => TypedEmitter<Events>);
