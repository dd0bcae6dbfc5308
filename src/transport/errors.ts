/**
 * The errors of calls over a connection, each with a stable `code` that is never reused for another meaning. The
 * class tells what is known: nothing was sent, nobody knows whether it took effect, the time was up, the peer broke a
 * rule, or the caller made a mistake.
 */

/** What `Error` takes. */
interface Cause {
  cause?: unknown;
}

/** Codes of `NotSentError` and what they say. */
const notSent = {
  RPC_ERR_OFFLINE: 'There is no connection',
  RPC_ERR_QUEUE_FULL: 'Too much waits for a connection',
  RPC_ERR_DROPPED: 'Dropped from the queue by newer ones',
  RPC_ERR_CLOSED: 'The client is closed',
} as const;

/** Codes of `UsageError` and what they say. */
const usage = {
  RPC_ERR_INVALID_ARGUMENT: '',
  RPC_ERR_INVALID_CONTRACT: '',
} as const;

/** Every stable code of the errors here. */
export type CallErrorCode =
  | keyof typeof notSent
  | keyof typeof usage
  | 'RPC_ERR_UNKNOWN_OUTCOME'
  | 'RPC_ERR_TIMEOUT'
  | 'RPC_ERR_INVALID_ANSWER'
  | 'RPC_ERR_INVALID_STREAM';

const detailed = (message: string, detail: string | undefined): string =>
  detail === undefined ? message : `${message}${message === '' ? '' : ': '}${detail}`;

/** The message never left: whatever it asks for was not done, and it may be sent again. */
export class NotSentError extends Error {
  override readonly name: string = 'NotSentError';
  readonly code: keyof typeof notSent;

  constructor(code: keyof typeof notSent, detail?: string, options?: Cause) {
    super(detailed(notSent[code], detail), options);
    this.code = code;
  }
}

/** The connection was lost, or the server cannot know any more: the call may have been carried out or not. */
export class UnknownOutcomeError extends Error {
  override readonly name: string = 'UnknownOutcomeError';
  readonly code = 'RPC_ERR_UNKNOWN_OUTCOME';

  constructor(detail?: string, options?: Cause) {
    super(detailed('Nobody knows whether the call was carried out', detail), options);
  }
}

/** No answer within the call's `timeout`. The peer was told to give up; it may have been faster. */
export class CallTimeoutError extends Error {
  override readonly name: string = 'CallTimeoutError';
  readonly code = 'RPC_ERR_TIMEOUT';
  /** Whether the call had left before its time was up; if not, it was surely not carried out. */
  readonly wasSent: boolean;

  constructor(method: string, timeout: number, wasSent: boolean) {
    super(`${method}: no answer within ${timeout} ms${wasSent ? '' : '; it was not sent'}`);
    this.wasSent = wasSent;
  }
}

/** The peer answered with something that the protocol or the contract does not allow. */
export class InvalidAnswerError extends Error {
  override readonly name: string = 'InvalidAnswerError';
  readonly code: 'RPC_ERR_INVALID_ANSWER' | 'RPC_ERR_INVALID_STREAM';

  constructor(code: 'RPC_ERR_INVALID_ANSWER' | 'RPC_ERR_INVALID_STREAM', message: string, options?: Cause) {
    super(message, options);
    this.code = code;
  }
}

/** The caller made a mistake: a wrong argument, a contract that cannot be. */
export class RpcUsageError extends TypeError {
  override readonly name: string = 'RpcUsageError';
  readonly code: keyof typeof usage;

  constructor(code: keyof typeof usage, detail: string, options?: Cause) {
    super(detailed(usage[code], detail), options);
    this.code = code;
  }
}
