import { settled } from './linked-rpc.js';

const events = ['unhandledRejection', 'uncaughtException'] as const;

/** Runs something, and gives what would have ended the process meanwhile: nothing, mostly. */
export async function processErrors(run: () => void | Promise<void>): Promise<string[]> {
  const errors: string[] = [];
  const others = events.map((event) => process.listeners(event as 'uncaughtException'));
  const listeners = events.map(
    (event) =>
      (error: unknown): void =>
        void errors.push(`${event}: ${error}`),
  );
  events.forEach((event, index) => {
    process.removeAllListeners(event);
    process.on(event, listeners[index] as NodeJS.UncaughtExceptionListener);
  });
  try {
    await run();
    await settled();
    await settled();
  } finally {
    events.forEach((event, index) => {
      process.removeAllListeners(event);
      for (const listener of others[index] ?? []) process.on(event, listener);
    });
  }
  return errors;
}
