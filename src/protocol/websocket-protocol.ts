import { Buffer, isUtf8 } from 'node:buffer';
import { CloseCode, isValidCloseCode } from './close-codes.js';
import { closePayload, judgeClosePayload } from './close-payload.js';
import { type ClosingState, canSend, nextClosingState } from './closing-handshake.js';
import { type LimitError, ProtocolError, UsageError, UsageRangeError } from './errors.js';
import { type DecoderGate, FrameDecoder, type FrameHandler, type FrameRules } from './frame-decoder.js';
import { FrameEncoder, type MaskingKeySource } from './frame-encoder.js';
import { type MessageHandler, type MessageMode, MessageReceiver } from './message-receiver.js';
import { isControlOpcode, Opcode } from './opcodes.js';
import { SlabPool } from './slab-pool.js';

const FIN = 0x80;
const RSV1 = 0x40;
const EMPTY = Buffer.alloc(0);
/** Default of `maxPayload`, in bytes: 100 MiB. */
export const DEFAULT_MAX_PAYLOAD = 104_857_600;
/** Default of `maxFragments`. */
export const DEFAULT_MAX_FRAGMENTS = 131_072;

/** What comes out of a `WebSocketProtocol`. Methods are called synchronously, in the order of the bytes. */
export interface ProtocolHandler extends MessageHandler {
  /** Bytes to write to the peer, in order; `payload` follows `bytes`. `true`: `bytes` may be overwritten now. */
  write(bytes: Buffer, payload?: Buffer): boolean;
  /** The peer sent a ping; it is answered unless the option `autoPong` is off. */
  ping?(payload: Buffer): void;
  /** The peer sent a pong. */
  pong?(payload: Buffer): void;
  /**
   * The peer's close frame: its code, 1005 if it had none, and its reason. Unless the answer is `false`, the
   * engine echoes the frame (§5.5.1) when this returns; after `false` the handler must call `close` itself.
   */
  close?(code: number, reason: Buffer): unknown;
  /** The connection was failed (§7.1.7); the close frame, if one could go out, is written already. */
  failed(error: ProtocolError | LimitError): void;
  /** Nothing more will be written or read: the transport may be closed now. Called once. */
  closable(): void;
}

/** Options of a `WebSocketProtocol`. */
export interface ProtocolOptions {
  /** Which side we are: a client masks, a server does not (§5.1). */
  readonly role: 'client' | 'server';
  /** Source of masking keys; required at a client. */
  readonly nextMaskingKey?: MaskingKeySource | undefined;
  /** Largest message in bytes, before inflation; 0 for no limit; default 100 MiB. */
  readonly maxPayload?: number | undefined;
  /** Most fragments of one message; 0 for no limit; default 131,072. */
  readonly maxFragments?: number | undefined;
  /** Whether permessage-deflate was negotiated; default `false`. */
  readonly perMessageDeflate?: boolean | undefined;
  /** Do not check that text and close reasons are UTF-8; default `false`. */
  readonly skipUTF8Validation?: boolean | undefined;
  /** Answer pings; default `true`. */
  readonly autoPong?: boolean | undefined;
  /** Spare memory to share between connections; by default a pool of its own. */
  readonly slabs?: SlabPool | undefined;
}

/**
 * One side of a WebSocket connection (RFC 6455 §5–§7) without I/O: bytes go in by `receive`, everything else
 * comes out through the handler. Never throws for what a peer sent. Knows nothing of sockets, timers and zlib.
 */
export class WebSocketProtocol implements FrameHandler {
  /** Where the closing handshake stands. */
  state: ClosingState = 'active';
  /** Code of our close frame: 1005 if it had none; `undefined` until one is sent. */
  sentCloseCode: number | undefined = undefined;
  /** Who closed first; `undefined` while nobody has, or if the connection was cut off. */
  closedFirst: 'us' | 'peer' | undefined = undefined;

  private readonly handler: ProtocolHandler;
  private options: ProtocolOptions;
  private readonly decoder: FrameDecoder;
  private readonly encoder: FrameEncoder;

  private readonly messages: MessageReceiver;
  /** Payload of the control frame under way; 125 bytes at most, so it is simply joined. */
  private control: Buffer = EMPTY;

  private ended = false;
  private closable = false;
  /** A message is being sent in fragments (§5.4). */
  private sendingFragments = false;
  /** The newest pong that waits while output is blocked (§5.5.3). */
  private waitingPong: Buffer | null = null;

  /** @throws UsageError `WS_ERR_INVALID_OPTIONS` for a client without a source of masking keys */
  constructor(handler: ProtocolHandler, options: ProtocolOptions) {
    const { role, nextMaskingKey } = options;
    if (role === 'client' && nextMaskingKey === undefined) {
      throw new UsageError('WS_ERR_INVALID_OPTIONS', 'A client needs the option "nextMaskingKey"');
    }
    this.handler = handler;
    this.options = options;
    this.decoder = new FrameDecoder(this, frameRules(options));
    this.messages = new MessageReceiver(handler, options.skipUTF8Validation !== true);
    const keys = role === 'client' ? (nextMaskingKey as MaskingKeySource) : null;
    this.encoder = new FrameEncoder(handler, options.slabs ?? new SlabPool(), keys);
  }

  /** How messages are handed out, `whole` by default; a change counts from the next message on. */
  get messageMode(): MessageMode {
    return this.messages.mode;
  }

  set messageMode(mode: MessageMode) {
    this.messages.mode = mode;
    this.decoder.rules = frameRules(this.options);
  }

  /** Largest message in bytes, before inflation; 0 for no limit. A change counts from the next message on. */
  get maxPayload(): number {
    return this.options.maxPayload ?? DEFAULT_MAX_PAYLOAD;
  }

  set maxPayload(maxPayload: number) {
    this.options = { ...this.options, maxPayload };
    if (this.messages.mode !== 'streaming') this.decoder.rules = frameRules(this.options);
  }

  /**
   * Hands messages out piece by piece from the next one on. What is handed out is not kept, so neither
   * `maxPayload` nor `maxFragments` applies, only `maxMessageSize` in bytes (before inflation).
   */
  streamMessages(maxMessageSize: number): void {
    this.messages.mode = 'streaming';
    const maxPayload = limit(maxMessageSize, Number.POSITIVE_INFINITY);
    this.decoder.rules = { ...frameRules(this.options), maxPayload, maxFragments: Number.POSITIVE_INFINITY };
  }

  /** Whether data and pings may be sent. */
  get canSend(): boolean {
    return canSend(this.state);
  }

  /** Whether received bytes wait because decoding is held back; the transport should not be read meanwhile. */
  get backlogged(): boolean {
    return this.decoder.backlogged;
  }

  /** Bytes that were sent since `cork` and wait for `uncork`. */
  get pendingOutput(): number {
    return this.encoder.pending;
  }

  /** Takes the next bytes from the peer; they belong to the engine from now on and may be changed. */
  receive(bytes: Buffer): void {
    this.decoder.decode(bytes);
    this.endIfDecoded();
  }

  /** The peer will send no more bytes (end of file). */
  receiveEnd(): void {
    this.ended = true;
    this.endIfDecoded();
  }

  /** The transport is gone: what waits is dropped, nothing is read or written any more. */
  terminate(): void {
    this.stopReceiving();
    this.state = nextClosingState(this.state, 'end');
    this.finish();
  }

  /**
   * Holds decoding back: `shut` everything, `control` all but pings and pongs (while a message is inflated),
   * `no-data` messages (while nobody asks for one), `open` nothing. Bytes that are received meanwhile wait.
   */
  setGate(gate: DecoderGate): void {
    this.decoder.setGate(gate);
    this.endIfDecoded();
  }

  /** Holds small frames back so that they leave in one write; `uncork` sends them. Does not nest. */
  cork(): void {
    this.encoder.cork();
  }

  /** Ends `cork`. */
  uncork(): void {
    this.encoder.uncork();
  }

  /** Tells whether the transport takes bytes at once. While it does not, only the newest pong waits (§5.5.3). */
  setOutputBlocked(blocked: boolean): void {
    this.encoder.sinkBlocked = blocked;
    if (!blocked) this.sendWaitingPong();
  }

  /**
   * Sends a message or, with `fin` false, a fragment of one; text as a string is encoded as UTF-8.
   * `compressed` says that the payload is compressed already (RFC 7692 §6.1).
   * @throws UsageError `WS_ERR_NOT_OPEN` after a close frame was sent
   */
  send(payload: Buffer | string, isBinary: boolean, fin = true, compressed = false): void {
    this.assertOpen();
    const opcode = this.sendingFragments ? Opcode.CONTINUATION : isBinary ? Opcode.BINARY : Opcode.TEXT;
    const rsv1 = compressed && !this.sendingFragments ? RSV1 : 0;
    this.sendingFragments = !fin;
    const head = (fin ? FIN : 0) | rsv1 | opcode;
    if (typeof payload === 'string') this.encoder.encodeText(head, payload);
    else this.encoder.encode(head, payload);
  }

  /**
   * Sends bytes that are whole frames already, such as a prepared message.
   * @throws UsageError `WS_ERR_NOT_OPEN` after a close frame was sent
   */
  sendEncoded(frames: Buffer): void {
    this.assertOpen();
    this.encoder.encoded(frames);
  }

  /**
   * Sends a ping (§5.5.2).
   * @throws UsageError `WS_ERR_NOT_OPEN` after a close frame was sent
   * @throws UsageRangeError `WS_ERR_CONTROL_DATA_TOO_LONG` over 125 bytes
   */
  ping(payload: Buffer = EMPTY): void {
    this.sendControl(Opcode.PING, payload);
  }

  /**
   * Sends a pong (§5.5.3).
   * @throws UsageError `WS_ERR_NOT_OPEN` after a close frame was sent
   * @throws UsageRangeError `WS_ERR_CONTROL_DATA_TOO_LONG` over 125 bytes
   */
  pong(payload: Buffer = EMPTY): void {
    this.sendControl(Opcode.PONG, payload);
  }

  /**
   * Sends our close frame (§7.1.2) unless one is out already. The reason is at most 123 bytes of UTF-8.
   * @throws UsageError `WS_ERR_INVALID_ARGUMENT` for a code that may not be sent (§7.4)
   * @throws UsageRangeError `WS_ERR_CONTROL_DATA_TOO_LONG` for a reason that is too long
   */
  close(code?: number, reason: Buffer | string = EMPTY): void {
    const payload = closePayload(code, reason);
    if (!canSend(this.state)) return;
    this.sendWaitingPong();
    this.closedFirst ??= 'us';
    this.state = nextClosingState(this.state, 'send-close');
    this.sentCloseCode = code ?? CloseCode.NO_STATUS_RECEIVED;
    this.encoder.encode(FIN | Opcode.CLOSE, payload);
    if (this.state === 'acknowledged') this.finish();
  }

  /**
   * Fails the connection (§7.1.7): the close frame with the error's code goes out if none did, nothing is
   * decoded any more. For errors that the driver finds, such as corrupt compressed data.
   */
  fail(error: ProtocolError | LimitError): void {
    this.stopReceiving();
    if (this.state === 'terminated' || this.state === 'acknowledged') return;
    if (canSend(this.state) && isValidCloseCode(error.closeCode)) {
      this.closedFirst ??= 'us';
      this.sentCloseCode = error.closeCode;
      this.encoder.encode(FIN | Opcode.CLOSE, closePayload(error.closeCode, EMPTY));
    }
    this.state = nextClosingState(this.state, 'fail');
    this.handler.failed(error);
    this.finish();
  }

  /** Checks text that the driver inflated (RFC 7692 §6.2: UTF-8 is judged after inflation); fails the connection. */
  acceptInflated(payload: Buffer, isBinary: boolean): boolean {
    if (isBinary || this.options.skipUTF8Validation === true || isUtf8(payload)) return true;
    this.fail(new ProtocolError('WS_ERR_INVALID_UTF8'));
    return false;
  }

  /** @internal */
  frameError(error: ProtocolError | LimitError): void {
    this.fail(error);
  }

  /** @internal */
  frameStart(): void {
    const { opcode, rsv1 } = this.decoder;
    if (opcode === Opcode.TEXT || opcode === Opcode.BINARY)
      this.messages.start(opcode === Opcode.BINARY, rsv1);
  }

  /** @internal */
  framePayload(piece: Buffer): void {
    const { opcode, fin, payloadLength } = this.decoder;
    if (isControlOpcode(opcode)) {
      this.control = this.control.length === 0 ? piece : Buffer.concat([this.control, piece]);
      return;
    }
    const only = fin && piece.length === payloadLength && opcode !== Opcode.CONTINUATION;
    const error = this.messages.push(piece, only, this.decoder.ascii);
    if (error !== null) this.fail(error);
  }

  /** @internal */
  frameEnd(): void {
    const { opcode, fin } = this.decoder;
    if (isControlOpcode(opcode)) {
      this.controlFrame(opcode);
    } else if (fin) {
      const error = this.messages.end();
      if (error !== null) this.fail(error);
    } else {
      this.messages.endFragment();
    }
  }

  private controlFrame(opcode: number): void {
    const payload = this.control;
    this.control = EMPTY;
    if (opcode === Opcode.PING) this.receivePing(payload);
    else if (opcode === Opcode.PONG) this.handler.pong?.(payload);
    else this.receiveClose(payload);
  }

  private receivePing(payload: Buffer): void {
    if (this.options.autoPong !== false && canSend(this.state)) {
      if (this.encoder.sinkBlocked) this.waitingPong = Buffer.from(payload);
      else this.encoder.encode(FIN | Opcode.PONG, payload);
    }
    this.handler.ping?.(payload);
  }

  /** §5.5.2: a ping is answered, also where our close frame comes next. */
  private sendWaitingPong(): void {
    const pong = this.waitingPong;
    this.waitingPong = null;
    if (pong !== null && canSend(this.state)) this.encoder.encode(FIN | Opcode.PONG, pong);
  }

  private receiveClose(payload: Buffer): void {
    const error = judgeClosePayload(payload, this.options.skipUTF8Validation !== true);
    if (error !== null) {
      this.fail(error);
      return;
    }
    const code = payload.length === 0 ? CloseCode.NO_STATUS_RECEIVED : payload.readUInt16BE(0);
    const reason = payload.subarray(2);
    // §5.5.1: whatever follows a close frame is not read.
    this.stopReceiving();
    this.closedFirst ??= 'peer';
    this.state = nextClosingState(this.state, 'receive-close');
    const later = this.handler.close?.(code, reason) === false;
    if (this.state === 'acknowledged') this.finish();
    else if (!later && this.state === 'closed-by-peer') {
      this.close(payload.length === 0 ? undefined : code, reason);
    }
  }

  private sendControl(opcode: number, payload: Buffer): void {
    this.assertOpen();
    if (payload.length > 125) {
      throw new UsageRangeError(
        'WS_ERR_CONTROL_DATA_TOO_LONG',
        'The data size must not be greater than 125 bytes',
      );
    }
    this.encoder.encode(FIN | opcode, payload);
  }

  private assertOpen(): void {
    if (!canSend(this.state))
      throw new UsageError('WS_ERR_NOT_OPEN', `the closing handshake is ${this.state}`);
  }

  /** The end of the input counts once everything before it has been decoded. */
  private endIfDecoded(): void {
    if (this.ended && !this.decoder.busy) this.terminate();
  }

  /** Nothing more is decoded, and nothing of what was incomplete is kept. */
  private stopReceiving(): void {
    this.decoder.stop();
    this.messages.clear();
    this.control = EMPTY;
  }

  private finish(): void {
    this.waitingPong = null;
    if (this.closable) return;
    this.closable = true;
    this.handler.closable();
  }
}

function frameRules(options: ProtocolOptions): FrameRules {
  return {
    masked: options.role === 'server',
    rsv1: options.perMessageDeflate === true,
    maxPayload: limit(options.maxPayload, DEFAULT_MAX_PAYLOAD),
    maxFragments: limit(options.maxFragments, DEFAULT_MAX_FRAGMENTS),
  };
}

function limit(value: number | undefined, fallback: number): number {
  return value === undefined ? fallback : value === 0 ? Number.POSITIVE_INFINITY : value;
}
