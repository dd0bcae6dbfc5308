/**
 * The conversions and shapes that Web IDL prescribes for the interfaces of this folder. It may not know what the
 * interfaces are for.
 */

import { Buffer } from 'node:buffer';
import { toUSVString as scalarValues, types } from 'node:util';

const EMPTY = Buffer.alloc(0);
const UNSIGNED_SHORT_MAX = 65_535;

/** Bytes as Web IDL's `BufferSource` has them; not shared, and of fixed length. */
export type BufferSource = ArrayBuffer | ArrayBufferView;

/** @throws TypeError if a call has fewer arguments than its operation requires */
export function requireArguments(given: number, required: number, operation: string): void {
  if (given < required) {
    throw new TypeError(`${operation} requires at least ${required} argument(s), but only ${given} given`);
  }
}

/** Converts to `DOMString`. @throws TypeError for a symbol */
export function toDOMString(value: unknown): string {
  return `${value}`;
}

/** Converts to `USVString`: a lone surrogate becomes U+FFFD. @throws TypeError for a symbol */
export function toUSVString(value: unknown): string {
  return scalarValues(`${value}`);
}

/** Converts to `unsigned short`: the integer part, modulo 65,536. */
export function toUnsignedShort(value: unknown): number {
  return new Uint16Array([toNumber(value)])[0] as number;
}

/** Converts to `[Clamp] unsigned short`: the nearest integer, of two the even one, within 0–65535. */
export function toClampedUnsignedShort(value: unknown): number {
  const number = Math.min(Math.max(toNumber(value), 0), UNSIGNED_SHORT_MAX);
  if (Number.isNaN(number)) return 0;
  const floor = Math.floor(number);
  const rest = number - floor;
  return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
}

/** Converts to `[EnforceRange] unsigned short`. @throws TypeError outside of 0–65535 */
export function toEnforcedUnsignedShort(value: unknown): number {
  const number = Math.trunc(toNumber(value));
  if (number >= 0 && number <= UNSIGNED_SHORT_MAX) return Math.abs(number);
  throw new TypeError(`${String(value)} is outside of the range 0 to ${UNSIGNED_SHORT_MAX}`);
}

/** Converts to a dictionary, whose members may then be read. @throws TypeError for a value that is no object */
export function toDictionary(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (isObject(value)) return value as Record<string, unknown>;
  throw new TypeError(`${name} is not an object`);
}

/** Converts to a `sequence`, each item by `convert`. @throws TypeError for a value that is not iterable */
export function toSequence<T>(value: unknown, name: string, convert: (item: unknown) => T): T[] {
  if (!isSequence(value)) throw new TypeError(`${name} is not iterable`);
  return Array.from(value, (item) => convert(item));
}

/** Whether the value is converted to a `sequence` where a string would do as well. */
export function isSequence(value: unknown): value is Iterable<unknown> {
  if (!isObject(value)) return false;
  const method = (value as Partial<Iterable<unknown>>)[Symbol.iterator];
  return method !== undefined && method !== null;
}

/** Whether the value is an object in the language's sense: a function is one. */
export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** Whether the value is converted to a `BufferSource`; a SharedArrayBuffer is not. */
export function isBufferSource(value: unknown): value is BufferSource {
  return types.isArrayBuffer(value) || ArrayBuffer.isView(value);
}

/**
 * The bytes of a `BufferSource`, in its own memory; none if it is detached.
 * @throws TypeError for memory that is shared or can be resized
 */
export function bytesOf(source: BufferSource): Buffer {
  const isView = ArrayBuffer.isView(source);
  const buffer: ArrayBufferLike & { readonly resizable?: boolean } = isView ? source.buffer : source;
  if (types.isSharedArrayBuffer(buffer)) throw new TypeError('The memory must not be shared');
  if (buffer.resizable === true) throw new TypeError('The memory must not be resizable');
  if (source.byteLength === 0) return EMPTY;
  return Buffer.from(buffer, isView ? source.byteOffset : 0, source.byteLength);
}

/** What `defineInterface` gives a class beside what classes have. */
export interface InterfaceShape {
  /** Class string: `Object.prototype.toString` shows it. */
  readonly name: string;
  /** Attributes and operations, which are to be enumerable. */
  readonly members: readonly string[];
  /** Constants, of the class and of its prototype. */
  readonly constants?: Readonly<Record<string, number>>;
}

/** Makes a class an interface of Web IDL. */
export function defineInterface(definition: { prototype: object }, shape: InterfaceShape): void {
  const { prototype } = definition;
  for (const member of shape.members) Object.defineProperty(prototype, member, { enumerable: true });
  Object.defineProperty(prototype, Symbol.toStringTag, { value: shape.name, configurable: true });
  for (const [name, value] of Object.entries(shape.constants ?? {})) {
    for (const owner of [definition, prototype])
      Object.defineProperty(owner, name, { value, enumerable: true });
  }
}

/** The language's ToNumber: a BigInt is none, unlike for `Number`. */
function toNumber(value: unknown): number {
  return +(value as number);
}
