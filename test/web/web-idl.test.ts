import { describe, expect, it } from 'vitest';
import {
  bytesOf,
  isBufferSource,
  isSequence,
  requireArguments,
  toClampedUnsignedShort,
  toDictionary,
  toEnforcedUnsignedShort,
  toSequence,
  toUnsignedShort,
  toUSVString,
} from '../../src/web/web-idl.js';

describe('conversions to numbers', () => {
  it.each([
    [1000, 1000],
    ['3000', 3000],
    [-1, 0],
    [70_000, 65_535],
    [Number.NaN, 0],
    [undefined, 0],
    [null, 0],
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [999.6, 1000],
    [Number.POSITIVE_INFINITY, 65_535],
    [{ valueOf: (): number => 7 }, 7],
  ])('[Clamp] makes %s %i', (value, expected) => {
    expect(toClampedUnsignedShort(value)).toBe(expected);
  });

  it.each([
    [1000, 1000],
    ['3000', 3000],
    [1000.9, 1000],
    [-0.5, 0],
    [65_535, 65_535],
  ])('[EnforceRange] makes %s %i', (value, expected) => {
    expect(toEnforcedUnsignedShort(value)).toBe(expected);
  });

  it.each([-1, 65_536, Number.NaN, Number.POSITIVE_INFINITY, 'code', {}])(
    '[EnforceRange] refuses %s',
    (value) => {
      expect(() => toEnforcedUnsignedShort(value)).toThrow(TypeError);
    },
  );

  it.each([
    [65_537, 1],
    [-1, 65_535],
    [3.9, 3],
    [Number.NaN, 0],
  ])('without an attribute %s becomes %i', (value, expected) => {
    expect(toUnsignedShort(value)).toBe(expected);
  });

  it.each([toClampedUnsignedShort, toEnforcedUnsignedShort, toUnsignedShort])(
    '%o refuses BigInts and symbols',
    (convert) => {
      expect(() => convert(1n)).toThrow(TypeError);
      expect(() => convert(Symbol('code'))).toThrow(TypeError);
    },
  );
});

describe('conversions to objects', () => {
  it('a USVString has no lone surrogate', () => {
    expect(toUSVString('a\ud800b\udc00\ud83d\ude00')).toBe('a\ufffdb\ufffd\ud83d\ude00');
    expect(toUSVString(null)).toBe('null');
    expect(() => toUSVString(Symbol('text'))).toThrow(TypeError);
  });

  it('a dictionary may be missing, and is an object otherwise', () => {
    expect([toDictionary(undefined, 'it'), toDictionary(null, 'it')]).toEqual([{}, {}]);
    expect(
      toDictionary(
        Object.assign(() => undefined, { member: 1 }),
        'it',
      ).member,
    ).toBe(1);
    for (const value of [true, 1, 'text', Symbol('s'), 1n])
      expect(() => toDictionary(value, 'it')).toThrow(TypeError);
  });

  it('a sequence is any iterable object', () => {
    expect(toSequence(new Set([1, 2]), 'it', String)).toEqual(['1', '2']);
    expect(toSequence(Object('ab'), 'it', String)).toEqual(['a', 'b']);
    for (const value of ['ab', {}, null, { [Symbol.iterator]: null }]) {
      expect(isSequence(value)).toBe(false);
      expect(() => toSequence(value, 'it', String)).toThrow(TypeError);
    }
    expect(() => toSequence({ [Symbol.iterator]: 1 }, 'it', String)).toThrow(TypeError);
  });

  it('requireArguments counts', () => {
    expect(() => requireArguments(0, 1, 'it')).toThrow(TypeError);
    expect(() => requireArguments(1, 1, 'it')).not.toThrow();
  });
});

describe('BufferSource', () => {
  const memory = Uint8Array.of(1, 2, 3, 4).buffer;

  it('views its memory', () => {
    const bytes = bytesOf(new Uint16Array(memory, 2));
    expect([...bytes]).toEqual([3, 4]);
    expect(bytes.buffer).toBe(memory);
    expect([...bytesOf(memory)]).toEqual([1, 2, 3, 4]);
    expect([...bytesOf(new DataView(memory, 1, 2))]).toEqual([2, 3]);
  });

  it('has no bytes once it is detached', () => {
    const detached = new ArrayBuffer(8);
    const view = new Uint8Array(detached);
    structuredClone(detached, { transfer: [detached] });
    expect([bytesOf(detached).length, bytesOf(view).length]).toEqual([0, 0]);
  });

  it('is neither shared nor resizable', () => {
    const shared = new SharedArrayBuffer(2);
    expect(isBufferSource(shared)).toBe(false);
    expect(() => bytesOf(new Uint8Array(shared))).toThrow(TypeError);
    const ResizableBuffer = ArrayBuffer as unknown as new (size: number, options: object) => ArrayBuffer;
    const resizable = new ResizableBuffer(1, { maxByteLength: 2 });
    expect(() => bytesOf(resizable)).toThrow(TypeError);
    expect(() => bytesOf(new Uint8Array(resizable))).toThrow(TypeError);
  });

  it.each(['text', null, [1], { byteLength: 1 }])('%j is none', (value) => {
    expect(isBufferSource(value)).toBe(false);
  });
});
