import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplayBuffer } from '../../../src/transports/fallback-server/replay-buffer.js';

/** By default with room for ten of them, of 10 bytes and what each costs besides. */
function filled(count: number, { maxSize = 740, maxAge = 1000 } = {}) {
  const buffer = new ReplayBuffer(maxSize, maxAge);
  for (let number = 1; number <= count; number++) buffer.push(`message ${number}`);
  return buffer;
}

const takeAll = (buffer: ReplayBuffer, now = 0): (string | undefined)[] => {
  const texts: (string | undefined)[] = [];
  for (let text = buffer.take(now); text !== undefined; text = buffer.take(now)) texts.push(text);
  return texts;
};

describe('ReplayBuffer', () => {
  it('hands over in order, and counts what waits in bytes', () => {
    const buffer = new ReplayBuffer(100, 1000);
    buffer.push('a');
    buffer.push('€');
    expect([buffer.waiting, buffer.taken]).toEqual([4, 0]);
    expect(buffer.take(0)).toBe('a');
    expect([buffer.waiting, buffer.taken]).toEqual([3, 1]);
    expect([buffer.take(0), buffer.take(0)]).toEqual(['€', undefined]);
    expect([buffer.waiting, buffer.taken]).toEqual([0, 2]);
  });

  it('begins again behind what the peer has', () => {
    const buffer = filled(5);
    takeAll(buffer);
    expect(buffer.rewind(3)).toBe(true);
    expect(buffer.waiting).toBe(18);
    expect(takeAll(buffer)).toEqual(['message 4', 'message 5']);
    expect(buffer.rewind(2)).toBe(false);
    expect(buffer.rewind(6)).toBe(false);
  });

  it('does not let a peer have had what was never handed over', () => {
    const buffer = filled(2);
    buffer.take(0);
    expect(buffer.rewind(2)).toBe(false);
    buffer.acknowledge(2);
    expect(takeAll(buffer)).toEqual(['message 2']);
  });

  it('lets a peer have what is to come again, once it was handed over', () => {
    const buffer = filled(5);
    takeAll(buffer);
    expect(buffer.rewind(1)).toBe(true);
    expect(buffer.take(0)).toBe('message 2');
    buffer.acknowledge(3);
    expect(buffer.waiting).toBe(18);
    expect(buffer.rewind(4)).toBe(true);
    expect(buffer.waiting).toBe(9);
    expect(takeAll(buffer)).toEqual(['message 5']);
    expect(buffer.rewind(6)).toBe(false);
  });

  it('knows what a peer has had for longer', () => {
    const buffer = filled(200, { maxSize: 10_000 });
    takeAll(buffer);
    buffer.acknowledge(3);
    expect([2, 3].map((number) => buffer.isOutdated(number))).toEqual([true, false]);
    buffer.acknowledge(2);
    expect(buffer.rewind(199)).toBe(true);
    expect([198, 199].map((number) => buffer.isOutdated(number))).toEqual([true, false]);
    const trimmed = filled(20);
    takeAll(trimmed);
    expect(trimmed.isOutdated(0)).toBe(false);
  });

  it('forgets what is too much, the oldest first', () => {
    const buffer = filled(20);
    takeAll(buffer);
    expect(buffer.rewind(8)).toBe(false);
    expect(buffer.rewind(10)).toBe(true);
    expect(takeAll(buffer)[0]).toBe('message 11');
  });

  it('forgets what is too old', () => {
    const buffer = filled(2);
    buffer.take(0);
    buffer.take(500);
    buffer.trim(1000);
    expect(buffer.rewind(0)).toBe(true);
    takeAll(buffer, 500);
    buffer.trim(1501);
    expect(buffer.rewind(0)).toBe(false);
    expect(buffer.rewind(2)).toBe(true);
  });

  it('keeps everything that was not handed over, whatever its size and age', () => {
    const buffer = filled(50, { maxSize: 1, maxAge: 0 });
    buffer.trim(1_000_000);
    expect(takeAll(buffer)).toHaveLength(50);
  });

  it('does what a list would do', () => {
    const command = fc.oneof(
      fc.constant({ push: true } as const),
      fc.record({ take: fc.nat(3) }),
      fc.record({ rewind: fc.oneof(fc.nat(20), fc.nat(200)) }),
      fc.record({ acknowledge: fc.oneof(fc.nat(20), fc.nat(200)) }),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 300 }), (commands) => {
        const buffer = new ReplayBuffer(1_000_000, 1_000_000);
        const all: string[] = [];
        let kept = 0;
        let taken = 0;
        let most = 0;
        for (const command of commands) {
          if ('push' in command) {
            all.push(`${all.length + 1}`);
            buffer.push(all.at(-1) as string);
          } else if ('take' in command) {
            for (let count = 0; count < command.take; count++) {
              expect(buffer.take(0)).toBe(all[taken]);
              taken = Math.min(taken + 1, all.length);
              most = Math.max(most, taken);
            }
          } else if ('rewind' in command) {
            const isPossible = command.rewind >= kept && command.rewind <= most;
            expect(buffer.rewind(command.rewind)).toBe(isPossible);
            if (isPossible) kept = taken = command.rewind;
          } else {
            buffer.acknowledge(command.acknowledge);
            kept = Math.max(kept, Math.min(command.acknowledge, most));
            taken = Math.max(taken, kept);
          }
          expect(buffer.taken).toBe(taken);
          expect(buffer.waiting).toBe(all.slice(taken).join('').length);
        }
      }),
      { seed: 6455, numRuns: 1000 },
    );
  });
});
