import { Buffer, isUtf8 } from 'node:buffer';
import { CloseCode, isValidCloseCode } from './close-codes.js';
import { closePayload, judgeClosePayload } from './close-payload.js';
import { type ClosingState, canSend, nextClosingState } from './closing-handshake.js';
import { assertControlLength } from './control-payload.js';
import { EnginePool } from './engine-pool.js';
import { type LimitError, ProtocolError, UsageError } from './errors.js';
import { type FrameEncoder, type FrameSink, type MaskingKeySource, maxCopied } from './frame-encoder.js';
import { FIN, RSV1 } from './frame-header.js';
import type { DecoderGate, FrameRules } from './frame-rules.js';
import { DEFAULT_CAPTURE_LENGTH, type FrameListener, FrameTap } from './frame-tap.js';
import type { ControlHandler, MessageDecoder } from './message-decoder.js';
import type { MessageMode } from './message-receiver.js';
import { Opcode } from './opcodes.js';
import type { ProtocolHandler } from './protocol-handler.js';
import { DEFAULT_MAX_PAYLOAD, frameRules, limit, type ProtocolOptions } from './protocol-options.js';

const EMPTY = Buffer.alloc(0);

/**
 * One side of a WebSocket connection (RFC 6455 §5–§7) without I/O: bytes go in by `receive`, everything else
 * comes out through the handler. Never throws for what a peer sent. Knows nothing of sockets, timers and zlib.
 */
export class WebSocketProtocol implements ControlHandler {
  /** Where the closing handshake stands. */
  state: ClosingState = 'active';
  /** Code of our close frame: 1005 if it had none; `undefined` until one is sent. */
  declare sentCloseCode: number | undefined;
  /** Who closed first; `undefined` while nobody has, or if the connection was cut off. */
  declare closedFirst: 'us' | 'peer' | undefined;

  private readonly handler: ProtocolHandler;
  private options: ProtocolOptions & { readonly pool: EnginePool };
  private rules: FrameRules;
  /** Lent by the pool while something is under way; see `EnginePool`. */
  private decoder: MessageDecoder | null = null;
  private encoder: FrameEncoder | null = null;
  private corked = false;

  /** Frames that wait for `uncork` as they are, since nothing else does. */
  declare private shared: Buffer | null;
  /** The transport does not take bytes at once. */
  declare private outputBlocked: boolean;
  declare private mode: MessageMode;
  declare private tap: FrameTap | null;
  /** Nothing more is decoded. */
  declare private stopped: boolean;
  declare private ended: boolean;
  declare private closable: boolean;
  /** A message is being sent in fragments (§5.4). */
  declare private sendingFragments: boolean;
  /** The newest pong that waits while output is blocked (§5.5.3). */
  declare private waitingPong: Buffer | null;

  static {
    // On the prototype until they are set: an open connection does not pay 8 bytes for each.
    const never = { sentCloseCode: undefined, closedFirst: undefined, stopped: false, ended: false };
    const seldom = { mode: 'whole', sendingFragments: false, outputBlocked: false, shared: null, tap: null };
    Object.assign(WebSocketProtocol.prototype, { closable: false, waitingPong: null, ...never, ...seldom });
  }

  /** @throws UsageError `WS_ERR_INVALID_OPTIONS` for a client without a source of masking keys */
  constructor(handler: ProtocolHandler, options: ProtocolOptions) {
    if (options.role === 'client' && options.nextMaskingKey === undefined) {
      throw new UsageError('WS_ERR_INVALID_OPTIONS', 'A client needs the option "nextMaskingKey"');
    }
    this.handler = handler;
    const { pool = new EnginePool() } = options;
    this.options = options.pool === pool ? (options as typeof this.options) : { ...options, pool };
    this.rules = pool.rulesOf(options);
  }

  /** How messages are handed out, `whole` by default; a change counts from the next message on. */
  get messageMode(): MessageMode {
    return this.mode;
  }

  set messageMode(mode: MessageMode) {
    if (mode !== this.mode) this.setMode(mode, frameRules(this.options));
  }

  /** Largest message in bytes, before inflation; 0 for no limit. A change counts from the next message on. */
  get maxPayload(): number {
    return this.options.maxPayload ?? DEFAULT_MAX_PAYLOAD;
  }

  set maxPayload(maxPayload: number) {
    this.options = { ...this.options, maxPayload };
    if (this.mode !== 'streaming') this.setMode(this.mode, frameRules(this.options));
  }

  /**
   * Hands messages out piece by piece from the next one on. What is handed out is not kept, so neither
   * `maxPayload` nor `maxFragments` applies, only `maxMessageSize` in bytes (before inflation).
   */
  streamMessages(maxMessageSize: number): void {
    const maxPayload = limit(maxMessageSize, Number.POSITIVE_INFINITY);
    const maxFragments = Number.POSITIVE_INFINITY;
    this.setMode('streaming', { ...frameRules(this.options), maxPayload, maxFragments });
  }

  /** Shows one listener each frame from the next on, with `captureLength` (1,024) bytes of its payload; `null` ends that. */
  setTap(listener: FrameListener | null, captureLength = DEFAULT_CAPTURE_LENGTH): void {
    this.tap = listener && new FrameTap(this.handler, this.rules, listener, captureLength);
    this.decoder?.setTap(this.tap);
    this.encoder?.redirect(this.sink);
  }

  /** Whether data and pings may be sent. */
  get canSend(): boolean {
    return canSend(this.state);
  }

  /** Whether received bytes wait because decoding is held back; the transport should not be read meanwhile. */
  get backlogged(): boolean {
    return this.decoder?.frames.backlogged ?? false;
  }

  /** Bytes that were sent since `cork` and wait for `uncork`. */
  get pendingOutput(): number {
    return this.encoder?.pending ?? this.shared?.length ?? 0;
  }

  /**
   * Takes the next bytes from the peer; they belong to the engine from now on and may be changed, or their memory used
   * for a later message if they are `reusable` (default `false`).
   */
  receive(bytes: Buffer, reusable = false): void {
    if (this.stopped) return;
    this.lendDecoder().frames.decode(bytes, reusable);
    this.giveDecoder();
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
    if (this.stopped || (this.decoder === null && gate === 'open')) return;
    this.lendDecoder().frames.setGate(gate);
    this.giveDecoder();
    this.endIfDecoded();
  }

  /** Holds small frames back so that they leave in one write; `uncork` sends them. Does not nest. */
  cork(): void {
    this.corked = true;
    this.encoder?.cork();
  }

  /** Ends `cork`. */
  uncork(): void {
    this.corked = false;
    const { shared } = this;
    if (shared !== null) {
      this.shared = null;
      this.sink.write(shared);
    }
    this.encoder?.uncork();
    this.giveEncoder();
  }

  /**
   * Tells whether the transport takes bytes at once, `false` only when it has taken all that was written: their memory is
   * used again. While it does not, only the newest pong waits (§5.5.3).
   */
  setOutputBlocked(blocked: boolean): void {
    this.outputBlocked = blocked;
    this.encoder?.setSinkBlocked(blocked);
    if (!blocked) this.sendWaitingPong();
    this.giveEncoder();
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
    // Not set before it has to be: see the prototype's fields.
    if (this.sendingFragments === fin) this.sendingFragments = !fin;
    const head = (fin ? FIN : 0) | rsv1 | opcode;
    if (typeof payload === 'string') this.lendEncoder().encodeText(head, payload);
    else this.lendEncoder().encode(head, payload);
    this.giveEncoder();
  }

  /**
   * Sends bytes that are whole frames already. If `constant`, they are not copied where they are alone until `uncork`.
   * @throws UsageError `WS_ERR_NOT_OPEN` after a close frame was sent
   */
  sendEncoded(frames: Buffer, constant = false): void {
    this.assertOpen();
    const alone = constant && this.corked && this.encoder === null && this.shared === null;
    if (alone && frames.length <= maxCopied(false)) this.shared = frames;
    else this.lendEncoder().encoded(frames);
    this.giveEncoder();
  }

  /** Sends a ping (§5.5.2). @throws UsageError after a close frame was sent, UsageRangeError over 125 bytes */
  ping(payload: Buffer = EMPTY): void {
    this.sendControl(Opcode.PING, payload);
  }

  /** Sends a pong (§5.5.3). @throws UsageError after a close frame was sent, UsageRangeError over 125 bytes */
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
    this.encodeControl(Opcode.CLOSE, payload);
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
      this.encodeControl(Opcode.CLOSE, closePayload(error.closeCode, EMPTY));
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
  decodingFailed(error: ProtocolError | LimitError): void {
    this.fail(error);
  }

  /** @internal */
  controlFrame(opcode: number, payload: Buffer): void {
    if (opcode === Opcode.PING) this.receivePing(payload);
    else if (opcode === Opcode.PONG) this.handler.pong?.(payload);
    else this.receiveClose(payload);
  }

  private receivePing(payload: Buffer): void {
    if (this.options.autoPong !== false && canSend(this.state)) {
      if (this.outputBlocked) this.waitingPong = Buffer.from(payload);
      else this.encodeControl(Opcode.PONG, payload);
    }
    this.handler.ping?.(payload);
  }

  /** §5.5.2: a ping is answered, also where our close frame comes next. */
  private sendWaitingPong(): void {
    const pong = this.waitingPong;
    if (pong === null) return;
    this.waitingPong = null;
    if (canSend(this.state)) this.encodeControl(Opcode.PONG, pong);
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
    const echoes = this.handler.close?.(code, reason) !== false;
    if (this.state === 'acknowledged') this.finish();
    if (!echoes || this.state !== 'closed-by-peer') return;
    this.close(payload.length === 0 ? undefined : code, reason);
  }

  private get sink(): FrameSink {
    return this.tap ?? this.handler;
  }

  private sendControl(opcode: number, payload: Buffer): void {
    this.assertOpen();
    assertControlLength(payload.length);
    this.encodeControl(opcode, payload);
  }

  private encodeControl(opcode: number, payload: Buffer): void {
    this.lendEncoder().encode(FIN | opcode, payload);
    this.giveEncoder();
  }

  private assertOpen(): void {
    if (this.canSend) return;
    throw new UsageError('WS_ERR_NOT_OPEN', `the closing handshake is ${this.state}`);
  }

  private setMode(mode: MessageMode, rules: FrameRules): void {
    this.mode = mode;
    this.rules = rules;
    this.decoder?.change(mode, rules);
  }

  private lendDecoder(): MessageDecoder {
    if (this.decoder !== null) return this.decoder;
    const decoder = this.options.pool.takeDecoder();
    decoder.attach(this.handler, this, this.rules, this.options.skipUTF8Validation !== true, this.mode);
    if (this.tap !== null) decoder.setTap(this.tap);
    this.decoder = decoder;
    return decoder;
  }

  /** What was lent goes back, unless a frame or a message is under way. */
  private giveDecoder(): void {
    const { decoder } = this;
    if (decoder === null || !decoder.idle) return;
    if (this.tap !== null) decoder.setTap(null);
    this.decoder = null;
    this.options.pool.giveDecoder(decoder);
  }

  private lendEncoder(): FrameEncoder {
    if (this.encoder !== null) return this.encoder;
    // §5.3: a client masks. It has a source of keys, see the constructor.
    const keys = this.options.role === 'client' ? (this.options.nextMaskingKey as MaskingKeySource) : null;
    const encoder = this.options.pool.takeEncoder(this.sink, keys);
    encoder.setSinkBlocked(this.outputBlocked);
    if (this.corked) encoder.cork();
    this.encoder = encoder;
    const { shared } = this;
    if (shared !== null) {
      this.shared = null;
      encoder.encoded(shared);
    }
    return encoder;
  }

  /** What was lent goes back, unless frames wait for `uncork`. */
  private giveEncoder(): void {
    const { encoder } = this;
    if (this.corked || encoder === null || !encoder.idle) return;
    this.encoder = null;
    this.options.pool.giveEncoder(encoder);
  }

  /** The end of the input counts once everything before it has been decoded. */
  private endIfDecoded(): void {
    if (this.ended && this.decoder?.frames.busy !== true) this.terminate();
  }

  /** Nothing more is decoded, and nothing of what was incomplete is kept. */
  private stopReceiving(): void {
    this.stopped = true;
    this.decoder?.stop();
    this.giveDecoder();
  }

  private finish(): void {
    if (this.closable) return;
    this.waitingPong = null;
    this.closable = true;
    this.handler.closable();
  }
}
