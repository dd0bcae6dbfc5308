import { describe, expect, it } from 'vitest';
import { schema } from '../../../src/rpc/contract/schema.js';
import { OutgoingStream, type OutgoingStreamParts } from '../../../src/rpc/server/outgoing-stream.js';
import { gate, settled } from '../linked-rpc.js';

function stream(source: () => AsyncIterable<unknown>, parts: Partial<OutgoingStreamParts> = {}) {
  const texts: string[] = [];
  const log: string[] = [];
  const outgoing = new OutgoingStream({
    id: 'x',
    source: source(),
    item: undefined,
    credit: 10,
    send: (text) => {
      texts.push(text);
      return undefined;
    },
    errorText: (error) => JSON.stringify({ code: 1, message: (error as Error).message }),
    ended: () => log.push('ended'),
    ...parts,
  });
  const run = outgoing.run().then(() => log.push('resolved'));
  /** What was sent since the last time: the method's last part, the number and the item. */
  const sent = () =>
    texts.splice(0).map((text) => {
      const { method, params } = JSON.parse(text);
      return [method.split('.').at(-1), params.seq, params.item ?? params.error?.message];
    });
  return { outgoing, run, sent, log };
}

async function* numbers() {
  for (let number = 1; ; number++) yield number;
}

async function* two() {
  yield 'a';
  yield undefined;
}

describe('OutgoingStream', () => {
  it('numbers its items and ends once', async () => {
    const { run, sent, log } = stream(two);
    await run;
    expect(sent()).toEqual([
      ['item', 1, 'a'],
      ['item', 2, undefined],
      ['end', 3, undefined],
    ]);
    expect(log).toEqual(['ended', 'resolved']);
  });

  it('waits for credit, and is stopped while it does', async () => {
    const { outgoing, run, sent, log } = stream(numbers, { credit: 1 });
    await settled();
    expect(sent()).toEqual([['item', 1, 1]]);
    outgoing.grant(2);
    await settled();
    expect(sent()).toEqual([
      ['item', 2, 2],
      ['item', 3, 3],
    ]);
    outgoing.stop('{"code":1,"message":"enough"}');
    outgoing.stop(undefined);
    await run;
    expect(sent()).toEqual([['error', 4, 'enough']]);
    expect(log).toEqual(['ended', 'resolved']);
  });

  it('says nothing when there is nobody any more', async () => {
    const { outgoing, run, sent, log } = stream(numbers, { credit: 1 });
    await settled();
    sent();
    outgoing.stop(undefined);
    await run;
    expect([sent(), log]).toEqual([[], ['ended', 'resolved']]);
  });

  it('waits for room', async () => {
    const { opened, open } = gate();
    let count = 0;
    const { outgoing, run } = stream(numbers, {
      send: () => {
        count++;
        return opened;
      },
    });
    await settled();
    expect(count).toBe(1);
    open();
    await settled();
    expect(count).toBe(10);
    outgoing.stop(undefined);
    await run;
  });

  it('ends with the error of its source, or of the schema of its items, and releases that', async () => {
    let isReleased = false;
    const source = async function* () {
      try {
        yield 1;
        yield 'two';
      } finally {
        isReleased = true;
      }
    };
    const item = schema((value) => {
      if (typeof value !== 'number') throw new Error('a number');
      return value;
    });
    const { run, sent } = stream(source, { item });
    await run;
    expect(sent()).toEqual([
      ['item', 1, 1],
      ['error', 2, 'a number'],
    ]);
    expect(isReleased).toBe(true);
  });

  it('lets other work have its turn', async () => {
    let count = 0;
    const send = () => {
      count++;
      return undefined;
    };
    const { outgoing, run } = stream(numbers, { credit: Number.MAX_SAFE_INTEGER, send });
    await new Promise((resolve) => setImmediate(resolve));
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(10_000);
    outgoing.stop(undefined);
    await run;
  });
});
