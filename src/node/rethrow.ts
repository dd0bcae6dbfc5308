import { nextTick } from 'node:process';

/** Throws outside of what runs: a listener's exception is the application's, and must not leave an engine in mid-frame. */
export function rethrow(error: unknown): void {
  nextTick(() => {
    throw error;
  });
}
