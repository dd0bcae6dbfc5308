import { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import { CloseCode } from '../protocol/close-codes.js';
import { closePayload } from '../protocol/close-payload.js';
import { ConnectionClosedError, LimitError, type ProtocolError } from '../protocol/errors.js';
import type { ProtocolHandler } from '../protocol/protocol-handler.js';
import { WebSocketProtocol } from '../protocol/websocket-protocol.js';
import type { ConnectionOwner, StreamReceiver } from './connection-owner.js';
import type { ConnectionSettings, DeflateAgreement, SlowConsumerAction } from './connection-settings.js';
import { diagnostics } from './diagnostics.js';
import type { Heartbeat, PendingPing } from './heartbeat.js';
import { gateOf, Hold, RESTING } from './hold.js';
import { MessageInflater } from './message-inflater.js';
import { Outgoing, type OutgoingHandler } from './outgoing.js';
import { rethrow } from './rethrow.js';
import { bindSocket, isOurs } from './socket-events.js';
import { type SendCallback, SocketWriter } from './socket-writer.js';

const EMPTY = Buffer.alloc(0);
const READING = 1;
const WRITING = 2;

/**
 * A live connection: pumps bytes between a Duplex and the engine, inflates and deflates, closes in time, and
 * ends exactly once. Knows nothing of events, URLs or servers.
 */
export class Connection extends SocketWriter implements ProtocolHandler, OutgoingHandler {
  readonly settings: ConnectionSettings;
  readonly engine: WebSocketProtocol;
  /** How permessage-deflate was agreed, `null` without it. */
  declare readonly agreement: DeflateAgreement | null;
  /** Code of the peer's close frame: 1005 if it had none, 1006 if none came. */
  declare closeCode: number;
  declare closeReason: Buffer;
  /** Bytes came since the heartbeat last looked. */
  alive = true;
  /** @internal For the heartbeat: where it keeps this connection, and when it last learned that the peer lives. */
  place = -1;
  /** @internal */
  seen = 0;
  /** @internal The heartbeat's ping that waits for its pong. */
  pendingPing: PendingPing | null = null;
  /** @internal Round trip of the last heartbeat in microseconds, -1 before the first. */
  roundTrip = -1;
  /** Takes messages piece by piece, where somebody asked for that. */
  declare streamReceiver: StreamReceiver | null;

  private readonly owner: ConnectionOwner;
  private sender: Outgoing | null = null;
  private readonly heartbeat: Heartbeat | null;
  declare private inflater: MessageInflater | null;
  declare private holds: number;
  declare private closeTimer: unknown;
  /** Why we failed the connection. */
  declare private failure: Error | undefined;
  declare private closeRequested: boolean;
  /** The socket has closed; messages that are being inflated or wait for their turn may still be delivered. */
  declare private socketClosed: boolean;
  /** Directions of the socket that have ended. */
  declare private ended: number;
  declare private finished: boolean;

  static {
    // On the prototype until they are set: an open connection does not pay 8 bytes for each.
    const closing = { closeCode: CloseCode.ABNORMAL_CLOSURE, closeReason: EMPTY, closeTimer: null };
    const end = { failure: undefined, closeRequested: false, socketClosed: false, ended: 0, finished: false };
    const seldom = { agreement: null, streamReceiver: null, inflater: null, holds: 0 };
    Object.assign(Connection.prototype, { ...closing, ...end, ...seldom });
  }

  constructor(
    owner: ConnectionOwner,
    socket: Duplex,
    settings: ConnectionSettings,
    agreement: DeflateAgreement | null,
    heartbeat: Heartbeat | null,
  ) {
    super(socket);
    this.owner = owner;
    this.settings = settings;
    if (agreement !== null) this.agreement = agreement;
    this.heartbeat = heartbeat;
    this.engine = new WebSocketProtocol(this, agreement === null ? settings.plain : settings.deflated);
  }

  /** Begins to read; `head` are bytes that came with the opening handshake. */
  start(head: Buffer): void {
    if (head.length > 0) this.socket.unshift(head);
    bindSocket(this.socket, this, this.heartbeat === null);
    this.heartbeat?.add(this);
  }

  /** Whether reading is held back by us: neither the user nor a consumer wants more. */
  get readingHeld(): boolean {
    return (this.holds & RESTING) !== 0;
  }

  /** Round trip of the last heartbeat in milliseconds; `undefined` before the first. */
  get latency(): number | undefined {
    return this.roundTrip < 0 ? undefined : this.roundTrip / 1000;
  }

  /** The sending direction; made when something is sent or comes in, which an idle connection may never see. */
  get outgoing(): Outgoing {
    this.sender ??= new Outgoing(this);
    return this.sender;
  }

  /** Bytes that were sent and that the kernel has not taken yet. */
  get bufferedAmount(): number {
    return this.sender === null ? this.unsentBytes + this.engine.pendingOutput : this.sender.bufferedAmount;
  }

  /** Whether nothing may be sent any more: closing was asked for, or has begun. */
  get closing(): boolean {
    return this.closeRequested || !this.engine.canSend;
  }

  /** Whether reading is held back for a reason of `Hold`. */
  isHeld(reason: number): boolean {
    return (this.holds & reason) !== 0;
  }

  /** Holds reading back for a reason of `Hold`. */
  hold(reason: number): void {
    this.holds |= reason;
    this.updateReading();
  }

  /** Ends `hold`. */
  release(reason: number): void {
    if ((this.holds & reason) === 0) return;
    this.holds &= ~reason;
    const outermost = this.outgoing.batch();
    this.updateReading();
    if (outermost) this.outgoing.flush();
  }

  /**
   * Starts the closing handshake behind what is queued, and cuts it off after `closeTimeout`.
   * @throws UsageError for a code that may not be sent, UsageRangeError for a reason that is too long
   */
  startClose(code?: number, reason?: Buffer | string): void {
    if (this.closeRequested) return;
    closePayload(code, reason);
    this.closeRequested = true;
    this.outgoing.close(code, reason);
    this.startCloseTimer();
  }

  /** Starts the closing handshake at once: nothing that is queued can be sent any more. */
  closeAbruptly(code: number): void {
    this.closeRequested = true;
    this.engine.close(code);
    this.startCloseTimer();
  }

  /** Ends at once, without a closing handshake. What was sent in this turn goes out if the kernel takes it. */
  terminate(): void {
    this.sender?.flush();
    this.inflater?.cancel();
    this.holds &= Hold.USER;
    this.socket.destroy();
    this.engine.terminate();
  }

  /** Fails the connection where no close frame would get out. */
  destroyWith(error: Error): void {
    if (this.finished || this.socket.destroyed) return;
    this.failure = error;
    this.terminate();
    this.tell(() => this.owner.connectionError(error));
  }

  /** Sends the heartbeat's ping, in its place among what is sent. Makes nothing that an idle connection lacks. */
  sendPing(payload: Buffer, callback: SendCallback): void {
    this.engine.ping(payload);
    (this.sender ?? this).whenWritten(callback);
  }

  /** The error for whoever still waited for this connection. */
  closedError(): ConnectionClosedError {
    const { sentCloseCode: sentCode, closedFirst } = this.engine;
    const receivedReason = this.closeReason.toString();
    const { closeCode: receivedCode, failure: cause } = this;
    return new ConnectionClosedError({ receivedCode, receivedReason, sentCode, closedFirst, cause });
  }

  // The engine's handler.

  /** @internal */
  message(payload: Buffer, isBinary: boolean): void {
    this.settings.traffic.messagesReceived++;
    try {
      this.owner.connectionMessage(payload, isBinary);
    } catch (error) {
      rethrow(error);
    }
    if (!this.settings.allowSynchronousEvents) this.nextTurn();
  }

  /** @internal */
  fragments(fragments: Buffer[]): void {
    this.settings.traffic.messagesReceived++;
    this.deliver(() => this.owner.connectionFragments(fragments));
  }

  /** @internal */
  compressedMessage(payload: Buffer, isBinary: boolean): void {
    let pending = true;
    this.openInflater().inflate(payload, (error, message) => {
      pending = false;
      if (error !== null) this.engine.fail(error);
      else if (this.engine.acceptInflated(message, isBinary)) this.message(message, isBinary);
      this.inflated();
    });
    if (pending) this.hold(Hold.INFLATION);
  }

  /** @internal */
  messageStart(isBinary: boolean, compressed: boolean): void {
    this.streamReceiver?.messageStart(isBinary, compressed);
  }

  /** @internal */
  messageData(piece: Buffer): void {
    this.streamReceiver?.messageData(piece);
  }

  /** @internal */
  messageEnd(): void {
    this.streamReceiver?.messageEnd();
  }

  /** @internal */
  ping(payload: Buffer): void {
    this.deliver(() => this.owner.connectionPing(payload));
  }

  /** @internal */
  pong(payload: Buffer): void {
    if (this.heartbeat?.takePong(this, payload)) return;
    this.deliver(() => this.owner.connectionPong(payload));
  }

  /** @internal A close frame came; our answer waits for messages that are still being compressed (§5.5.1). */
  close(code: number, reason: Buffer): boolean {
    const { outgoing } = this;
    this.closeCode = code;
    if (reason.length > 0) this.closeReason = Buffer.from(reason);
    if (outgoing.streaming) outgoing.abort(() => this.closedError());
    if (!outgoing.queueing) return true;
    this.startClose(code === CloseCode.NO_STATUS_RECEIVED ? undefined : code, this.closeReason);
    return false;
  }

  /** @internal */
  failed(error: ProtocolError | LimitError): void {
    this.failure = error;
    this.sender?.abort(() => this.closedError());
    this.tell(() => this.owner.connectionError(error));
  }

  /** @internal Both close frames are exchanged, or the connection failed: nothing more is read or written. */
  closable(): void {
    this.sender?.flush();
    if (this.socket.destroyed) return;
    this.holds &= Hold.INFLATION | Hold.CHUNK;
    this.socket.end(() => this.directionEnded(WRITING));
    this.socket.resume();
    this.startCloseTimer();
  }

  /** @internal */
  get isAwaited(): boolean {
    return this.sender?.awaited === true;
  }

  /** @internal */
  blockedChanged(blocked: boolean): void {
    this.engine.setOutputBlocked(blocked);
    if (!blocked) this.sender?.checkDrain();
  }

  /** @internal */
  drained(): void {
    if (!this.closing) this.owner.connectionDrain();
  }

  /** @internal */
  sendFailed(error: Error): void {
    this.destroyWith(error);
  }

  /** @internal */
  slowConsumer(action: SlowConsumerAction): void {
    const { bufferedAmount } = this.outgoing;
    const { slowConsumer } = diagnostics;
    if (slowConsumer.hasSubscribers) slowConsumer.publish({ socket: this.owner, bufferedAmount, action });
    if (action === 'close') this.destroyWith(new LimitError('WS_ERR_SLOW_CONSUMER'));
  }

  // The socket's events.

  /** @internal */
  receive(chunk: Buffer): void {
    this.alive = true;
    const { engine, outgoing } = this;
    const outermost = outgoing.batch();
    try {
      engine.receive(chunk, isOurs(chunk, this.socket));
    } finally {
      if (outermost) outgoing.flush();
    }
    if (engine.backlogged) this.socket.pause();
  }

  /** @internal */
  receiveEnd(): void {
    this.engine.receiveEnd();
    this.directionEnded(READING);
  }

  /** @internal */
  socketEnded(): void {
    this.socketClosed = true;
    this.engine.receiveEnd();
    this.finishWhenDelivered();
  }

  /** Not every Duplex destroys itself when both directions have ended. */
  private directionEnded(direction: number): void {
    this.ended |= direction;
    if (this.ended === (READING | WRITING)) this.socket.destroy();
  }

  private finishWhenDelivered(): void {
    // A consumer that does not ask for its chunks would keep the connection from ending.
    const inflating = this.isHeld(Hold.INFLATION) && !this.isHeld(Hold.CHUNK);
    if (this.socketClosed && !inflating && !this.isHeld(Hold.TURN)) this.finish();
  }

  private finish(): void {
    if (this.finished) return;
    this.finished = true;
    if (this.closeTimer !== null) this.settings.clock.clearTimeout(this.closeTimer);
    this.heartbeat?.delete(this);
    this.inflater?.cancel();
    this.sender?.abort(() => this.closedError());
    this.streamReceiver?.closed(this.closedError());
    this.owner.connectionClose(this.closeCode, this.closeReason);
  }

  private tell(action: () => void): void {
    try {
      action();
    } catch (error) {
      rethrow(error);
    }
  }

  private startCloseTimer(): void {
    this.closeTimer ??= this.settings.clock.setTimeout(() => this.terminate(), this.settings.closeTimeout);
  }

  /** Tells of a frame; the next one may have to wait. */
  private deliver(action: () => void): void {
    this.tell(action);
    if (!this.settings.allowSynchronousEvents) this.nextTurn();
  }

  private nextTurn(): void {
    this.hold(Hold.TURN);
    setImmediate(() => {
      this.release(Hold.TURN);
      this.finishWhenDelivered();
    });
  }

  /** Lets the engine decode what the holds allow, and reads on only if nothing waits. */
  private updateReading(): void {
    const { engine, socket } = this;
    engine.setGate(gateOf(this.holds));
    if (this.isHeld(Hold.USER) || engine.backlogged) socket.pause();
    else if (socket.isPaused()) socket.resume();
  }

  /** What `Hold.INFLATION` was set for is inflated: decoding goes on, and a connection that waited for it ends. */
  inflated(): void {
    this.release(Hold.INFLATION);
    this.finishWhenDelivered();
  }

  /** The inflater of this connection; only with an agreement. */
  openInflater(): MessageInflater {
    this.inflater ??= new MessageInflater((this.agreement as DeflateAgreement).inflate);
    return this.inflater;
  }
}
