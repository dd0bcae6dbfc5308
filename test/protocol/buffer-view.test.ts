import { expect, it } from 'vitest';
import { bufferView, copyBytes, memoryOf, offsetOf } from '../../src/protocol/buffer-view.js';

it('a view is a Buffer over the same memory', () => {
  const memory = new ArrayBuffer(8);
  const view = bufferView(memory, 2, 3);
  expect(Buffer.isBuffer(view)).toBe(true);
  expect(view.constructor).toBe(Buffer);
  expect([view.buffer, view.byteOffset, view.length]).toEqual([memory, 2, 3]);
  view.write('abc');
  expect(Buffer.from(memory).toString('latin1')).toBe('\0\0abc\0\0\0');
});

it('a view beyond the memory is refused', () => {
  expect(() => bufferView(new ArrayBuffer(8), 6, 3)).toThrow(RangeError);
});

it('tells the memory of a Buffer and where it begins', () => {
  const memory = new ArrayBuffer(8);
  const view = bufferView(memory, 2, 3);
  expect(memoryOf(view)).toBe(memory);
  expect(offsetOf(view)).toBe(2);
});

it('copies to a position, and nothing where there is no room', () => {
  const target = Buffer.from('........');
  copyBytes(Buffer.from('abc'), target, 5);
  expect(target.toString()).toBe('.....abc');
  expect(() => copyBytes(Buffer.from('abc'), target, 6)).toThrow(RangeError);
});
