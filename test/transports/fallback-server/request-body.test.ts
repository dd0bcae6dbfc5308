import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../src/transports/fallback-server/refusal.js';
import { readMessages as readPaced } from '../../../src/transports/fallback-server/request-body.js';

/** A request whose body comes in pieces. */
function request(pieces: readonly Uint8Array[], headers: Record<string, string> = {}) {
  const body = Readable.from(pieces.map((piece) => Buffer.from(piece)));
  return Object.assign(body, { headers }) as unknown as IncomingMessage;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const MAX = 10_000;

/** Cuts bytes at places that are given as parts of the whole. */
function cut(body: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => place % (body.length + 1)), body.length].sort((a, b) => a - b);
  return ends.map((end, index) => body.subarray(index === 0 ? 0 : ends[index - 1], end));
}

/** Reads a body that has all the time it needs. */
function readMessages(body: IncomingMessage, maxLength: number): Promise<readonly string[]> {
  const { signal } = new AbortController();
  return readPaced(body, maxLength, { signal, arrived: () => undefined, supersede: () => undefined });
}

const places = fc.array(fc.nat(), { maxLength: 5 });
const outcome = (promise: Promise<unknown>) =>
  promise.catch((error: unknown) => (error instanceof Refusal ? [error.status, error.code] : error));

describe('readMessages', () => {
  it('gives any strings, however their bytes were cut', async () => {
    const messages = fc.array(fc.string({ unit: 'binary', maxLength: 30 }), { maxLength: 20 });
    const anything = fc.asyncProperty(messages, places, async (list, at) => {
      expect(await readMessages(request(cut(bytes(JSON.stringify(list)), at)), MAX)).toEqual(list);
    });
    await fc.assert(anything, { seed: 6455, numRuns: 500 });
  });

  it('refuses everything else with 400', async () => {
    const body = fc.oneof(
      fc.json().map(bytes),
      fc.uint8Array({ maxLength: 50 }),
      fc
        .string({ unit: fc.constantFrom('[', ']', '"', ',', 'a', '\\', '\0', 'é', '\ud800'), maxLength: 20 })
        .map(bytes),
    );
    const anything = fc.asyncProperty(body, places, async (body, at) => {
      const result = await outcome(readMessages(request(cut(body, at)), MAX));
      if (JSON.stringify(result) === '[400,1002]') return;
      expect(result).toEqual(JSON.parse(new TextDecoder().decode(body)));
      expect(result).toSatisfy((list: unknown[]) => list.every((text) => typeof text === 'string'));
    });
    await fc.assert(anything, { seed: 6455, numRuns: 2000 });
  });

  it.each([
    ['bytes that are no UTF-8', Uint8Array.of(0x5b, 0x22, 0xff, 0x22, 0x5d)],
    ['a byte order mark', bytes('\ufeff[]')],
    ['nothing', bytes('')],
    ['deep nesting', bytes('['.repeat(9000))],
    ['more messages than one request may have', bytes(JSON.stringify(Array(1001).fill('')))],
  ])('refuses %s', async (_, body) => {
    expect(await outcome(readMessages(request([body]), MAX))).toEqual([400, 1002]);
  });

  it('reads no more than it may, with and without a length', async () => {
    const body = bytes(JSON.stringify(['x'.repeat(MAX)]));
    expect(await outcome(readMessages(request([body]), body.length))).toEqual(['x'.repeat(MAX)]);
    expect(await outcome(readMessages(request([body]), body.length - 1))).toEqual([413, 1009]);
    const said = request([], { 'content-length': String(body.length) });
    expect(await outcome(readMessages(said, body.length - 1))).toEqual([413, 1009]);
    let pulled = 0;
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(1000, pulled++ > 1e6 ? 'y' : 'x');
      })(),
    );
    expect(await outcome(readMessages(Object.assign(endless, { headers: {} }) as never, MAX))).toEqual([
      413, 1009,
    ]);
    expect(endless.isPaused()).toBe(true);
    expect(pulled).toBeLessThan(100);
  });

  it('keeps nothing once its time is up, and says how much has come until then', async () => {
    const controller = new AbortController();
    const body = new Readable({ read: () => undefined });
    const arrived: number[] = [];
    const pace = {
      signal: controller.signal,
      arrived: (bytes: number) => arrived.push(bytes),
      supersede: () => undefined,
    };
    const reading = readPaced(Object.assign(body, { headers: {} }) as never, MAX, pace);
    body.push('["a');
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error('late'));
    await expect(reading).rejects.toThrow();
    expect(arrived).toEqual([3]);
    expect([body.isPaused(), body.listenerCount('data')]).toEqual([true, 0]);
  });

  it('says who has read a body before', async () => {
    const read = request([bytes('[]')]);
    for await (const _ of read);
    await expect(readMessages(read, MAX)).rejects.toThrow('in front of body parsers');
  });
});
