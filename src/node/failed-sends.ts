/** Tells whoever sent something that it will not leave. */
import { nextTick } from 'node:process';
import { LimitError } from '../protocol/errors.js';
import type { SendCallback } from './socket-writer.js';

/** Never at once: what a callback throws must not leave the queue half emptied. */
export function fail(callback: SendCallback | undefined, error: Error): void {
  if (callback !== undefined) nextTick(callback, error);
}

/** The message met `maxBufferedAmount`. A broadcast drops for many at a time: no error is made where nobody is told. */
export function failSlow(callback: SendCallback | undefined): void {
  if (callback !== undefined) fail(callback, new LimitError('WS_ERR_SLOW_CONSUMER'));
}
