import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageAssembler } from '../../src/protocol/message-assembler.js';
import { everyCut, seededBytes } from './every-cut.js';

function assemble(pieces: readonly Buffer[]): Buffer {
  const assembler = new MessageAssembler();
  for (const piece of pieces) assembler.add(piece);
  return assembler.take();
}

describe('MessageAssembler', () => {
  it.each([0, 1, 2, 1023, 1024, 1025, 2048, 65_535, 65_536, 65_537, 200_000])(
    'gives %i bytes back, however cut',
    (length) => {
      const payload = seededBytes(length);
      for (const { name, chunks } of everyCut(payload)) {
        expect(assemble(chunks).equals(payload), name).toBe(true);
      }
    },
  );

  it('keeps the order of pieces that are retained and pieces that are copied', () => {
    const lengths = fc.constantFrom(1, 2, 100, 1023, 1024, 1500, 4096, 40_000, 70_000);
    const property = fc.property(
      fc.array(lengths, { maxLength: 12 }),
      fc.boolean(),
      (sizes, ofLargerMemory) => {
        const pieces = sizes.map((size, index) => {
          const memory = seededBytes(ofLargerMemory ? size * 3 : size, index + 1);
          return memory.subarray(0, size);
        });
        expect(assemble(pieces).equals(Buffer.concat(pieces))).toBe(true);
      },
    );
    fc.assert(property, { seed: 6455, numRuns: 200 });
  });

  it('hands a single large piece out without a copy', () => {
    const piece = Buffer.alloc(65_536, 7);
    expect(assemble([piece])).toBe(piece);
  });

  it('copies a piece that would pin more than twice its bytes', () => {
    const read = Buffer.alloc(65_536, 7);
    const piece = read.subarray(0, 32_767);
    const payload = assemble([piece]);
    expect(payload.buffer).not.toBe(read.buffer);
    expect(payload.equals(piece)).toBe(true);
    expect(assemble([read.subarray(0, 32_768)]).buffer).toBe(read.buffer);
  });

  it('does not keep the memory of a tiny message larger than the message needs', () => {
    const payload = assemble([Buffer.of(1)]);
    expect([...payload]).toEqual([1]);
    const pool = Buffer.allocUnsafe(1).buffer.byteLength;
    expect(payload.buffer.byteLength === 1 || payload.buffer.byteLength === pool).toBe(true);
  });

  it('counts what it holds and is empty after take and after clear', () => {
    const assembler = new MessageAssembler();
    expect(assembler.length).toBe(0);
    assembler.add(Buffer.alloc(3));
    assembler.add(Buffer.alloc(5000));
    expect(assembler.length).toBe(5003);
    expect(assembler.take().length).toBe(5003);
    expect(assembler.length).toBe(0);
    expect(assembler.take().length).toBe(0);
    assembler.add(Buffer.alloc(9));
    assembler.clear();
    expect(assembler.length).toBe(0);
    expect(assembler.take().length).toBe(0);
    assembler.add(Buffer.of(5));
    expect([...assembler.take()]).toEqual([5]);
  });
});
