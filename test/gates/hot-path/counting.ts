/**
 * Counts what a program does with memory, by wrapping the functions of JavaScript and Node.js that allocate, copy,
 * judge and decode bytes. Has to be imported before what it counts. It cannot see a loop over octets.
 */
import buffer from 'node:buffer';
import { syncBuiltinESMExports } from 'node:module';

/** What has happened between two looks. */
export interface Counts {
  /** Pieces of memory that were made. */
  allocations: number;
  /** Views of memory that were made. */
  views: number;
  /** Bytes that went from one place to another; unmasking in place is none, whatever its kernel does. */
  copied: number;
  /** Bytes that were looked at to see whether they are UTF-8. */
  judged: number;
  /** Bytes that were made a string. */
  decoded: number;
}

type Callable = (this: unknown, ...args: unknown[]) => unknown;
type Note = (result: unknown, self: unknown, args: unknown[]) => void;
interface Kernel {
  readonly Memory: { readonly prototype: object };
}

const none: Counts = { allocations: 0, views: 0, copied: 0, judged: 0, decoded: 0 };
let counts: Counts = { ...none };
let counting = false;
/** What a counted function calls is its own business. */
let inside = false;

/** What `action` does, and what follows until the promise that it gives is kept. */
export async function counted(action: () => unknown): Promise<Counts> {
  counts = { ...none };
  counting = true;
  try {
    await action();
  } finally {
    counting = false;
  }
  return counts;
}

const bytesOf = (value: unknown): number => (value as { byteLength?: number } | undefined)?.byteLength ?? 0;

function allocated(size: number): void {
  if (size > 0) counts.allocations++;
}

const made: Note = (result) => allocated(bytesOf(result));
const viewed: Note = () => {
  counts.views++;
};
const copiedResult: Note = (result) => {
  allocated(bytesOf(result));
  counts.copied += bytesOf(result);
};
const written: Note = (result) => {
  counts.copied += result as number;
};
const judged: Note = (_result, _self, [bytes]) => {
  counts.judged += bytesOf(bytes);
};
const decodedText: Note = (result) => {
  counts.decoded += Buffer.byteLength(result as string);
};

function observe(result: unknown, self: unknown, args: unknown[], note: Note): void {
  if (!counting || inside) return;
  inside = true;
  note(result, self, args);
  inside = false;
}

/** Wraps a method; some exist in some versions of Node.js only. */
function wrap(owner: object, names: readonly string[], note: Note): void {
  for (const name of names) {
    const original = Reflect.get(owner, name) as Callable | undefined;
    if (original === undefined) continue;
    const wrapped = function (this: unknown, ...args: unknown[]): unknown {
      if (!counting || inside) return Reflect.apply(original, this, args);
      inside = true;
      let result: unknown;
      try {
        result = Reflect.apply(original, this, args);
      } finally {
        inside = false;
      }
      observe(result, this, args, note);
      return result;
    };
    Object.defineProperty(owner, name, { value: wrapped, writable: true, configurable: true });
  }
}

function wrapConstructor(name: string): void {
  const original = Reflect.get(globalThis, name) as new (...args: unknown[]) => object;
  const wrapped: typeof original = new Proxy(original, {
    construct(target, args, newTarget) {
      const result = Reflect.construct(target, args, newTarget === wrapped ? target : newTarget) as object;
      const [first] = args;
      const isView = first instanceof ArrayBuffer || first instanceof SharedArrayBuffer;
      const note = isView ? viewed : typeof first === 'number' ? made : copiedResult;
      observe(result, undefined, args, note);
      return result;
    },
  });
  Reflect.set(globalThis, name, wrapped);
}

/** Where a kernel in WebAssembly works, and what it was given last. */
const kernelMemories = new WeakSet<object>();
let given: Uint8Array | undefined;

/** A kernel has no other way to the bytes than in and out; only a way out to another place is a copy. */
function moved(target: Uint8Array, source: Uint8Array): void {
  const { byteLength } = source;
  if (kernelMemories.has(target.buffer)) {
    given = source;
    return;
  }
  const isReturn = kernelMemories.has(source.buffer) && given !== undefined;
  const inPlace = isReturn && given?.buffer === target.buffer && given.byteOffset === target.byteOffset;
  if (!inPlace) counts.copied += byteLength;
}

const { Memory } = Reflect.get(globalThis, 'WebAssembly') as Kernel;
const memoryBuffer = Object.getOwnPropertyDescriptor(Memory.prototype, 'buffer')?.get as () => object;
Object.defineProperty(Memory.prototype, 'buffer', {
  configurable: true,
  get(this: unknown): object {
    const memory = Reflect.apply(memoryBuffer, this, []) as object;
    kernelMemories.add(memory);
    return memory;
  },
});

const typedArray = Object.getPrototypeOf(Uint8Array) as { prototype: object };
wrap(Buffer, ['alloc', 'allocUnsafe', 'allocUnsafeSlow'], made);
wrap(Buffer, ['concat', 'copyBytesFrom', 'of'], copiedResult);
wrap(Buffer, ['from'], (result, self, args) => {
  const note = args[0] instanceof ArrayBuffer ? viewed : copiedResult;
  note(result, self, args);
});
wrap(Buffer.prototype, ['subarray', 'slice'], viewed);
wrap(typedArray.prototype, ['subarray'], viewed);
wrap(Buffer.prototype, ['copy'], written);
wrap(Buffer.prototype, ['write', 'utf8Write', 'latin1Write', 'asciiWrite', 'ucs2Write', 'hexWrite'], written);
wrap(Buffer.prototype, ['base64Write', 'base64urlWrite'], written);
wrap(typedArray.prototype, ['set'], (_result, self, [source]) =>
  moved(self as Uint8Array, source as Uint8Array),
);
wrap(typedArray.prototype, ['slice', 'map', 'filter', 'with', 'toReversed', 'toSorted'], copiedResult);
wrap(typedArray.prototype, ['copyWithin'], (result) => {
  counts.copied += bytesOf(result);
});
wrap(typedArray, ['from', 'of'], copiedResult);
wrap(ArrayBuffer.prototype, ['slice', 'transfer', 'transferToFixedLength'], copiedResult);
wrap(buffer, ['isUtf8', 'isAscii'], judged);
wrap(buffer, ['transcode'], copiedResult);
wrap(Buffer.prototype, ['toString', 'utf8Slice', 'latin1Slice', 'asciiSlice', 'ucs2Slice'], decodedText);
wrap(TextDecoder.prototype, ['decode'], decodedText);
wrap(TextEncoder.prototype, ['encode'], copiedResult);
wrap(TextEncoder.prototype, ['encodeInto'], (result) => {
  counts.copied += (result as { written: number }).written;
});
for (const name of ['ArrayBuffer', 'SharedArrayBuffer', 'DataView']) wrapConstructor(name);
for (const bits of [
  'Uint8',
  'Int8',
  'Uint16',
  'Int16',
  'Uint32',
  'Int32',
  'Float32',
  'Float64',
  'BigUint64',
]) {
  wrapConstructor(`${bits}Array`);
}
syncBuiltinESMExports();
