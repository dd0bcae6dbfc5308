import {
  type CloseArguments,
  closeArgumentsOf,
  codeToSend,
  NO_ARGUMENTS,
  objectionTo,
  validateCloseCodeAndReason,
  type WebSocketCloseInfo,
} from './close-arguments.js';
import { defineInterface, toDOMString } from './web-idl.js';

/** Makes an error from what a peer sent, which "validate close code and reason" might refuse. */
export let receivedError: (message: string, code: number, reason: string) => WebSocketError;

/**
 * Why a `WebSocketStream` ended other than cleanly; given to `abort` or `cancel` of its streams, what the close frame
 * is to say. A DOMException with the name `WebSocketError`.
 */
export class WebSocketError extends DOMException {
  #closeCode: number | null;
  #reason: string;

  /**
   * @throws TypeError, or DOMException `InvalidAccessError` or `SyntaxError`, for a code or reason that scripts may not
   * send. A reason without a code goes with 1000.
   */
  constructor(message = '', init: WebSocketCloseInfo = {}) {
    const text = toDOMString(message);
    const closeArguments = closeArgumentsOf(init);
    super(text, 'WebSocketError');
    validateCloseCodeAndReason(closeArguments);
    this.#closeCode = codeToSend(closeArguments);
    this.#reason = closeArguments.reason;
  }

  /** Code of the close frame; `null` for none. */
  get closeCode(): number | null {
    return this.#closeCode;
  }

  /** Reason of the close frame. */
  get reason(): string {
    return this.#reason;
  }

  static {
    receivedError = (message, code, reason) => {
      const error = new WebSocketError(message);
      error.#closeCode = code;
      error.#reason = reason;
      return error;
    };
  }
}

defineInterface(WebSocketError, { name: 'WebSocketError', members: ['closeCode', 'reason'] });

/**
 * The arguments that "close using reason" closes with: those of a `WebSocketError`, unless they may not be sent, and
 * else none.
 */
export function closeArgumentsOfReason(reason: unknown): CloseArguments {
  if (!(reason instanceof WebSocketError)) return NO_ARGUMENTS;
  const closeArguments = { code: reason.closeCode, reason: reason.reason };
  return objectionTo(closeArguments) === null ? closeArguments : NO_ARGUMENTS;
}
