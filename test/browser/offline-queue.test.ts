import { describe, expect, it } from 'vitest';
import { OfflineQueue } from '../../src/browser/offline-queue.js';
import type { NotSentError } from '../../src/transport/errors.js';
import type { Outgoing } from '../../src/transport/link.js';

/** A message of so many bytes that keeps how it failed. */
class Message implements Outgoing {
  readonly #bytes: number;
  failure: string | undefined;

  constructor(bytes = 1) {
    this.#bytes = bytes;
  }
  size(): number {
    return this.#bytes;
  }
  text(): string {
    return '';
  }
  sent(): void {}
  failed({ code }: NotSentError): void {
    this.failure = code;
  }
}

const all = (queue: OfflineQueue) => {
  const messages: Outgoing[] = [];
  for (let message = queue.shift(); message !== undefined; message = queue.shift()) messages.push(message);
  return messages;
};

describe('OfflineQueue', () => {
  it('gives messages in order', () => {
    const queue = new OfflineQueue();
    const messages = [new Message(), new Message(), new Message()];
    for (const message of messages) queue.add(message, 'wait');
    expect(queue.length).toBe(3);
    expect(all(queue)).toEqual(messages);
    expect([queue.length, queue.shift()]).toEqual([0, undefined]);
  });

  it('fails a message that is not to wait', () => {
    const queue = new OfflineQueue();
    const message = new Message();
    queue.add(message, 'fail');
    expect([message.failure, queue.length]).toEqual(['RPC_ERR_OFFLINE', 0]);
  });

  it.each([
    ['messages', { maxMessages: 2 }],
    ['bytes', { maxBytes: 3 }],
  ])('is bounded in %s', (_, bounds) => {
    const queue = new OfflineQueue(bounds);
    const [first, second, third] = [new Message(1), new Message(2), new Message(1)];
    for (const message of [first, second, third]) queue.add(message, 'wait');
    expect([first.failure, second.failure, third.failure]).toEqual([
      undefined,
      undefined,
      'RPC_ERR_QUEUE_FULL',
    ]);
    queue.shift();
    const fourth = new Message(1);
    queue.add(fourth, 'wait');
    expect(fourth.failure).toBeUndefined();
  });

  it('drops no more of the oldest than it has to, and none for what never has room', () => {
    const queue = new OfflineQueue({ maxBytes: 10 });
    const messages = [new Message(4), new Message(4), new Message(2)];
    for (const message of messages) queue.add(message, 'wait');
    const huge = new Message(11);
    queue.add(huge, 'drop-oldest');
    expect([huge.failure, queue.length]).toEqual(['RPC_ERR_QUEUE_FULL', 3]);
    const large = new Message(4);
    queue.add(large, 'drop-oldest');
    expect(messages.map(({ failure }) => failure)).toEqual(['RPC_ERR_DROPPED', undefined, undefined]);
    expect(all(queue)).toEqual([messages[1], messages[2], large]);
  });

  it('counts a message once, however often it is put in and taken out', () => {
    const queue = new OfflineQueue({ maxBytes: 100 });
    const message = new Message(60);
    queue.add(message, 'wait');
    queue.add(message, 'wait');
    expect([queue.length, message.failure]).toEqual([1, undefined]);
    queue.remove(message);
    queue.remove(message);
    queue.add(message, 'drop-oldest');
    queue.remove(message);
    const other = new Message(100);
    queue.add(other, 'wait');
    expect([queue.length, other.failure]).toEqual([1, undefined]);
  });
});
