/**
 * The codes of error objects (JSON-RPC 2.0 §5.1): those of the specification, and ours in the range that it leaves to
 * implementations, -32099 to -32000.
 */
export const RpcErrorCode = {
  /** The message is not JSON. */
  PARSE_ERROR: -32700,
  /** The JSON is not a request, or one that is not allowed. */
  INVALID_REQUEST: -32600,
  METHOD_NOT_FOUND: -32601,
  /** The parameters do not match the contract; `data` lists what is wrong. */
  INVALID_PARAMS: -32602,
  /** The handler failed; why is told to the server only. */
  INTERNAL_ERROR: -32603,
  /** The connection has to authenticate first. */
  UNAUTHENTICATED: -32001,
  PERMISSION_DENIED: -32002,
  /** The caller took the call back. */
  CANCELLED: -32003,
  /** The time that the call had is over. */
  DEADLINE_EXCEEDED: -32004,
  /** Too many calls at once, or too many in a time. The call was not carried out. */
  RESOURCE_EXHAUSTED: -32005,
  /** The idempotency key belongs to a call with other parameters. */
  IDEMPOTENCY_CONFLICT: -32006,
  /** Nobody knows any more whether the call was carried out, and it is not carried out again. */
  UNKNOWN_OUTCOME: -32007,
} as const;
