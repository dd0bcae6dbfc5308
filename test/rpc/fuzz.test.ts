import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RpcErrorCode } from '../../src/rpc/wire/error-codes.js';
import { processErrors } from './process-errors.js';
import { feed, request, type Step, text } from './random-messages.js';

const documented = new Set<unknown>(Object.values(RpcErrorCode));
const nothing = { pending: 0, timers: 0, connections: 0, streams: 0 };

/** Feeds a server, and expects that only what is documented comes back, and that nothing stays. */
async function check(steps: readonly Step[]): Promise<void> {
  const { replies, left } = await feed(steps);
  for (const reply of replies) {
    expect(reply).toSatisfy(
      ({ jsonrpc, method }) => jsonrpc === '2.0' || typeof method === 'string',
      'is a message',
    );
    const { error } = reply as { error?: { code: unknown; message: string } };
    if (error === undefined) continue;
    expect(documented).toContain(error.code);
    expect(error.message).not.toContain('secret');
  }
  expect(left).toEqual(nothing);
}

const pause = fc.constantFrom(1, 17, 1000);
const steps = fc.array(fc.oneof({ weight: 9, arbitrary: text }, { weight: 1, arbitrary: pause }), {
  maxLength: 30,
});

it('a server survives what a peer says, whatever it is, and forgets it', async () => {
  const anything = fc.asyncProperty(steps, check);
  expect(await processErrors(() => fc.assert(anything, { seed: 6455, numRuns: 400 }))).toEqual([]);
});

/** Changes of a text: at a place of it a character is deleted, put in, or replaced. */
const changes = fc.array(
  fc.record({
    place: fc.nat(),
    deleted: fc.nat({ max: 1 }),
    character: fc.constantFrom('', '{', '}', '[', ']', '"', ',', ':', '\\', '0', '-', 'e', '\u0000', 'é'),
  }),
  { minLength: 1, maxLength: 3 },
);

function changed(valid: string, list: readonly { place: number; deleted: number; character: string }[]) {
  return list.reduce((current, { place, deleted, character }) => {
    const at = place % (current.length + 1);
    return current.slice(0, at) + character + current.slice(at + deleted);
  }, valid);
}

it('a server survives valid messages in which characters were changed, and forgets them', async () => {
  const valid = request.map((message) => JSON.stringify(message));
  const damaged = fc.array(
    fc.tuple(valid, changes).map(([message, list]) => changed(message, list)),
    {
      maxLength: 30,
    },
  );
  const anything = fc.asyncProperty(damaged, check);
  expect(await processErrors(() => fc.assert(anything, { seed: 6455, numRuns: 300 }))).toEqual([]);
});
