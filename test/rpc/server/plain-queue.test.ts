import { describe, expect, it } from 'vitest';
import { PlainQueue } from '../../../src/rpc/server/plain-queue.js';
import { settled } from '../linked-rpc.js';

/** A queue whose tasks end when they are told to. */
function queue(maxTasks = 2, maxLength = 10) {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const queue = new PlainQueue(maxTasks, maxLength);
  const add = (name: string, length = 1) =>
    queue.add((done) => {
      begun.push(name);
      ends.push(done);
    }, length);
  const end = async () => {
    ends.shift()?.();
    await settled();
  };
  return { queue, begun, add, end };
}

describe('PlainQueue', () => {
  it('begins the first at once, and each other when the one before it is done', async () => {
    const { queue: waiting, begun, add, end } = queue();
    for (const name of ['a', 'b', 'c']) expect(add(name)).toBe(true);
    expect([begun, waiting.size]).toEqual([['a'], 2]);
    await end();
    expect([begun, waiting.size]).toEqual([['a', 'b'], 1]);
    await end();
    await end();
    expect(add('d')).toBe(true);
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  it('refuses more than so many, and more characters than so many, but never the first', async () => {
    const { add, end } = queue(2, 10);
    expect([add('a', 100), add('b', 5), add('c', 6), add('d', 5), add('e', 0)]).toEqual([
      true,
      true,
      false,
      true,
      false,
    ]);
    await end();
    expect([add('f', 6), add('g', 5)]).toEqual([false, true]);
  });

  it('forgets those that wait, and their length', async () => {
    const { queue: waiting, begun, add, end } = queue();
    add('a');
    add('b', 10);
    waiting.clear();
    expect(add('c', 10)).toBe(true);
    await end();
    expect(begun).toEqual(['a', 'c']);
  });

  it('has room for any number that end at once', () => {
    const { queue: waiting } = queue(2, 10);
    const added = Array.from({ length: 20 }, () => waiting.add((done) => done(), 10));
    expect(added).toEqual(added.map(() => true));
    expect(waiting.size).toBe(0);
  });

  it('does not pile quick ones up on the stack', async () => {
    const { queue: waiting, add, end } = queue(20_000, 20_000);
    add('slow');
    let count = 0;
    for (let index = 0; index < 10_000; index++) {
      waiting.add((done) => {
        count++;
        done();
      }, 1);
    }
    await end();
    expect(count).toBe(10_000);
  });
});
