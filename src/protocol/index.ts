/**
 * The engine of hawser: RFC 6455 and the negotiation of RFC 7692 without I/O.
 * @module hawser/protocol
 */

export { CloseCode, isValidCloseCode } from './close-codes.js';
export { closePayload, judgeClosePayload } from './close-payload.js';
export {
  type ClosingEvent,
  type ClosingState,
  canReceive,
  canSend,
  closingTransitions,
  nextClosingState,
} from './closing-handshake.js';
export { EnginePool } from './engine-pool.js';
export {
  type ConnectionClosedDetails,
  ConnectionClosedError,
  type ErrorCode,
  errorCatalogue,
  HandshakeError,
  type HandshakeErrorCode,
  type HandshakeErrorOptions,
  LimitError,
  type LimitErrorCode,
  ProtocolError,
  type ProtocolErrorCode,
  UsageError,
  type UsageErrorCode,
  UsageRangeError,
  type UsageRangeErrorCode,
  UsageSyntaxError,
  type UsageSyntaxErrorCode,
} from './errors.js';
export { FrameDecoder, type FrameHandler } from './frame-decoder.js';
export {
  FrameEncoder,
  type FrameSink,
  frameHeaderLength,
  type MaskingKeySource,
  writeFrameHeader,
} from './frame-encoder.js';
export type { DecoderGate, FrameRules } from './frame-rules.js';
export { type FrameListener, FrameTap, type TappedFrame } from './frame-tap.js';
export * from './handshake/index.js';
export { applyMask, type MaskingKey } from './mask.js';
export { MessageAssembler } from './message-assembler.js';
export { type ControlHandler, MessageDecoder } from './message-decoder.js';
export { MessageMemory } from './message-memory.js';
export { type MessageHandler, type MessageMode, MessageReceiver } from './message-receiver.js';
export { isControlOpcode, Opcode, opcodeName } from './opcodes.js';
export type { ProtocolHandler } from './protocol-handler.js';
export type { ProtocolOptions } from './protocol-options.js';
export { SlabPool } from './slab-pool.js';
export { Utf8Validator } from './utf8.js';
export { WebSocketProtocol } from './websocket-protocol.js';
