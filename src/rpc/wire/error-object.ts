import { RpcErrorCode } from './error-codes.js';

/** The member `error` of a response (JSON-RPC 2.0 §5.1). */
export interface ErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/**
 * An error that goes over the wire: thrown in a handler it is the answer, and at the caller it is the answer that came.
 * Anything else that a handler throws is answered with "Internal error" and told to nobody but the server.
 */
export class RpcError extends Error {
  override readonly name: string = 'RpcError';
  /** One of `RpcErrorCode`, or any other integer: -32768 to -32000 belong to JSON-RPC. */
  readonly code: number;
  /** Anything that JSON can hold; `undefined` if there is none. */
  readonly data: unknown;

  /**
   * @param code the code of the error object
   * @param message one sentence for the caller; it must not hold a secret
   * @param data more for the caller, none by default
   */
  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }

  /** The error object: what `JSON.stringify` writes. */
  toJSON(): ErrorObject {
    const { code, message, data } = this;
    return data === undefined ? { code, message } : { code, message, data };
  }
}

/**
 * An error object that a peer answered with. A handler that lets it through does not tell it to its own caller: what
 * one peer says is not another's business. To pass it on, throw an `RpcError` of it.
 */
export class RemoteError extends RpcError {
  override readonly name: string = 'RemoteError';
}

/** JSON of an error; of one whose `data` cannot be JSON that of "Internal error". */
export function errorText(error: RpcError): string {
  try {
    return JSON.stringify(error);
  } catch {
    return JSON.stringify(rpcError('INTERNAL_ERROR'));
  }
}

/** The error of a code, with the message that the specification gives it or one of ours. */
export function rpcError(name: keyof typeof RpcErrorCode, message?: string, data?: unknown): RpcError {
  return new RpcError(RpcErrorCode[name], message ?? sentence(name), data);
}

/** `METHOD_NOT_FOUND`: "Method not found", as the specification words its own. */
function sentence(name: string): string {
  return name.charAt(0) + name.slice(1).toLowerCase().replaceAll('_', ' ');
}
