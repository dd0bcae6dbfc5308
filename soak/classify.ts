import { CallTimeoutError, NotSentError, RpcError, UnknownOutcomeError } from 'hawser/rpc';
import type { SoakEvent } from './journal.js';

/** The outcome of a call that was rejected. */
export function rejection(id: string, error: unknown, signal?: AbortSignal): SoakEvent {
  const message = String(error);
  if (error instanceof RpcError) {
    const answers = (error.data as { id?: string } | undefined)?.id;
    return { event: 'outcome', id, class: 'remote', code: error.code, answers, message };
  }
  return { event: 'outcome', id, class: classOf(error, signal), message };
}

function classOf(error: unknown, signal: AbortSignal | undefined) {
  if (error instanceof UnknownOutcomeError) return 'unknown';
  if (error instanceof NotSentError) return 'not-sent';
  if (error instanceof CallTimeoutError) return error.wasSent ? 'timeout' : 'timeout-not-sent';
  return signal?.aborted && error === signal.reason ? 'aborted' : 'other';
}
