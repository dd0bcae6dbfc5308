/** Feeds bytes to a `Receiver` and traces everything that it tells, until it rests. */
import { classesOf } from './classes.js';
import type { Implementation } from './implementations.js';
import type { Trace } from './trace.js';

/** Hexadecimal text, for the frames that programs are about. */
export type Hex = string;

const events = ['message', 'ping', 'pong', 'conclude', 'error', 'finish', 'close'];

/** A Receiver whose events are traced. */
export function tracedReceiver(implementation: Implementation, trace: Trace, options?: object) {
  const { Receiver } = classesOf(implementation);
  const receiver = new Receiver(options);
  for (const event of events) {
    receiver.on(event, (...values: unknown[]) =>
      trace(event, ...values.map((value) => (value instanceof Blob ? `Blob of ${value.size}` : value))),
    );
  }
  return receiver;
}

/** Resolves when the stream has closed. */
export async function closed(receiver: { closed: boolean; once(event: 'close', call: () => void): unknown }) {
  if (!receiver.closed) await new Promise<void>((resolve) => void receiver.once('close', resolve));
}

/**
 * Writes each chunk in one call, all in one turn, and waits until each was taken; with `end` the stream is ended
 * behind them. What the writes return is told too: `false` asks the writer to wait.
 */
export async function feed(
  implementation: Implementation,
  trace: Trace,
  options: object | undefined,
  chunks: readonly Hex[],
  { end = false } = {},
): Promise<void> {
  const receiver = tracedReceiver(implementation, trace, options);
  const taken = chunks.map(
    (chunk, index) =>
      new Promise<void>((resolve) => {
        const more = receiver.write(Buffer.from(chunk, 'hex'), (error) => {
          trace(`written ${index}`, (error as NodeJS.ErrnoException | null)?.code);
          resolve();
        });
        trace(`returned ${index}`, more);
      }),
  );
  if (end) receiver.end();
  await Promise.all(taken);
  if (receiver.destroyed || receiver.writableEnded) await closed(receiver);
  trace('state', receiver.destroyed, receiver.writableEnded, receiver.writableFinished);
}
