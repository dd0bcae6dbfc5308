import { Buffer } from 'node:buffer';
import { nextTick } from 'node:process';
import { ConnectionClosedError } from '../protocol/errors.js';
import { maxCopied } from '../protocol/frame-encoder.js';
import type { WebSocketProtocol } from '../protocol/websocket-protocol.js';
import type { ConnectionSettings, DeflateAgreement, SlowConsumerAction } from './connection-settings.js';
import { fail, failSlow } from './failed-sends.js';
import { MessageDeflater } from './message-deflater.js';
import type { PreparedMessage } from './prepared-message.js';
import { type SendFlags, sendFlags } from './send-flags.js';
import { SendQueue, type SendTask } from './send-queue.js';
import type { SendCallback, SocketWriter } from './socket-writer.js';
import { atEndOfTurn } from './turn.js';

const UNLIMITED = Number.POSITIVE_INFINITY;

/** The connection, as `Outgoing` sees it: what it sends by, and whom it tells. */
export interface OutgoingHandler extends SocketWriter {
  readonly engine: WebSocketProtocol;
  readonly settings: ConnectionSettings;
  /** How permessage-deflate was agreed, `null` without it. */
  readonly agreement: DeflateAgreement | null;
  /** All that was buffered has left, after `send` had returned `false`. */
  drained(): void;
  /** A message could not be compressed or read, so the peer would miss it: the connection has to be destroyed. */
  sendFailed(error: Error): void;
  /** A message met `maxBufferedAmount`; with `close` the connection has to be destroyed. */
  slowConsumer(action: SlowConsumerAction): void;
}

/**
 * The sending direction of a connection: order, compression, backpressure, and that all frames of one turn
 * leave in one write. Knows nothing of what is received.
 */
export class Outgoing {
  /** Messages that were dropped because the peer does not read. */
  declare dropped: number;

  private readonly handler: OutgoingHandler;
  /** Frames are held back until the end of this turn. */
  private batching = false;
  declare private callbacks: SendCallback[] | null;
  declare private drainDue: boolean;
  declare private deflater: MessageDeflater | null;
  declare private queue: SendQueue | null;
  /** Whether the message that is being sent in fragments is sent, or dropped; `null` between messages. */
  declare private admitted: boolean | null;
  /** The message that is being sent in fragments is compressed; `null` between messages. */
  declare private fragmentsCompressed: boolean | null;

  static {
    // On the prototype until they are set: an open connection does not pay 8 bytes for each.
    const parts = { callbacks: null, deflater: null, queue: null, admitted: null, fragmentsCompressed: null };
    Object.assign(Outgoing.prototype, { dropped: 0, drainDue: false, ...parts });
  }

  constructor(handler: OutgoingHandler) {
    this.handler = handler;
  }

  /** Bytes that were sent and that the kernel has not taken yet. */
  get bufferedAmount(): number {
    return this.onItsWay + (this.queue === null ? 0 : this.queue.bytes);
  }

  /** Whether so much is on its way to the kernel that a stream should wait; what is queued does not count. */
  get congested(): boolean {
    return this.onItsWay >= this.handler.settings.highWaterMark;
  }

  private get onItsWay(): number {
    return this.handler.unsentBytes + this.handler.engine.pendingOutput;
  }

  /** Whether messages wait for compression, a Blob or a stream. */
  get queueing(): boolean {
    return this.queue?.busy === true;
  }

  /** Whether a callback or a `drain` waits for what was sent to leave. */
  get awaited(): boolean {
    return this.drainDue || this.callbacks !== null;
  }

  /** Whether a stream is being sent, which may never end by itself. */
  get streaming(): boolean {
    return this.queue?.endless === true;
  }

  /** Whether data may still be sent: no close frame of ours is out. */
  get canSend(): boolean {
    return this.handler.engine.canSend;
  }

  /** Begins a turn: frames leave together at its end, by `flush`. */
  batch(): boolean {
    if (this.batching) return false;
    this.batching = true;
    this.handler.engine.cork();
    return true;
  }

  /** Ends a turn. */
  flush(): void {
    if (!this.batching) return;
    this.batching = false;
    this.handler.engine.uncork();
    const { callbacks } = this;
    if (callbacks !== null) {
      this.callbacks = null;
      for (const callback of callbacks) this.handler.whenWritten(callback);
    }
    if (this.drainDue) this.checkDrain();
  }

  /** Sends a message or a fragment; `true` while more may be sent without piling up (see `highWaterMark`). */
  send(payload: Buffer | string, flags: SendFlags, callback: SendCallback | undefined): boolean {
    if (this.limited && !this.admit(Buffer.byteLength(payload), flags.fin, callback)) return false;
    if (this.queueing || this.deflatesLater(payload, flags))
      this.sendLater(bufferOf(payload), flags, callback);
    else this.sendNow(payload, flags, callback);
    return this.belowHighWaterMark();
  }

  /** Sends a prepared message; its bytes are shared, so only a server does. */
  sendPrepared(prepared: PreparedMessage, compress: boolean, callback: SendCallback | undefined): boolean {
    const { agreement } = this.handler;
    const { payload, isBinary } = prepared;
    const compressing = agreement !== null && compress && payload.length >= agreement.threshold;
    // With context takeover each peer's compressed bytes differ; inside a message only fragments may be sent.
    if ((compressing && agreement.deflate.contextTakeover) || this.fragmentsCompressed !== null) {
      return this.send(payload, sendFlags(isBinary, compress, true), callback);
    }
    if (this.limited && !this.admit(payload.length, true, callback)) return false;
    if (!compressing && !this.queueing) this.sendEncoded(prepared.frame, true, callback);
    else this.enqueue(this.preparedTask(prepared, compressing, callback));
    return this.belowHighWaterMark();
  }

  /** Sends bytes that are frames already, masked at a client, in their place among the messages. */
  sendFrames(frames: Buffer, callback: SendCallback | undefined): void {
    // A message that was begun is not cut: its frames are judged with its first.
    if (this.limited && this.admitted === null && !this.admit(frames.length, true, callback)) return;
    this.inOrder(frames.length, () => this.sendEncoded(frames, false, callback), callback);
  }

  /** Sends our close frame behind what is queued. */
  close(code: number | undefined, reason: Buffer | string | undefined): void {
    this.beginTurn();
    this.inOrder(0, () => this.handler.engine.close(code, reason), undefined);
  }

  /** Sends a message whose bytes have to be read first. */
  sendBlob(blob: Blob, flags: SendFlags, callback: SendCallback | undefined): boolean {
    if (this.limited && !this.admit(blob.size, flags.fin, callback)) return false;
    this.enqueue(this.blobTask(blob, flags, callback, (error) => this.handler.sendFailed(error)));
    return this.belowHighWaterMark();
  }

  /** The task of sending a Blob; `failed` is told if it cannot be read, before anything behind it is sent. */
  blobTask(
    blob: Blob,
    flags: SendFlags,
    callback: SendCallback | undefined,
    failed: (error: Error) => void,
  ): SendTask {
    const start = (done: () => void) => {
      blob.arrayBuffer().then(
        (bytes) => this.deliver(Buffer.from(bytes), flags, callback, done),
        (error: Error) => {
          fail(callback, error);
          failed(error);
          done();
        },
      );
    };
    return { size: blob.size, start, abort: (error) => fail(callback, error) };
  }

  /** Puts a task that takes time, such as reading a Blob or a stream, in its place among the messages. */
  enqueue(task: SendTask): void {
    this.queue ??= new SendQueue(
      () => this.checkDrain(),
      (error) => this.handler.sendFailed(error),
    );
    this.queue.push(task);
  }

  /** Sends what is at the head of the queue; `done` when it is on its way. */
  deliver(payload: Buffer, flags: SendFlags, callback: SendCallback | undefined, done: () => void): void {
    if (this.deflatesLater(payload, flags)) {
      this.deflateAndSend(payload, flags, callback, done);
      return;
    }
    this.sendNow(payload, flags, callback);
    done();
  }

  /** `true` while `bufferedAmount` is below `highWaterMark`; otherwise a `drain` follows. */
  belowHighWaterMark(): boolean {
    if (this.bufferedAmount < this.handler.settings.highWaterMark) return true;
    this.drainDue = true;
    return false;
  }

  /** If somebody waits for an empty buffer: reports it, or has it reported. */
  checkDrain(): void {
    if (!this.drainDue) return;
    if (this.bufferedAmount > 0) this.handler.watch();
    else {
      this.drainDue = false;
      nextTick(drained, this.handler);
    }
  }

  /** Calls back when everything sent so far has left; for control frames. */
  whenWritten(callback: SendCallback): void {
    if (!this.batching) {
      this.handler.whenWritten(callback);
      return;
    }
    this.callbacks ??= [];
    this.callbacks.push(callback);
  }

  /** Makes sure that what is sent now leaves at the end of this turn. */
  beginTurn(): void {
    if (!this.batching && this.batch()) atEndOfTurn(this);
  }

  /** The connection is gone: queued messages fail, no zlib job stays. An error that nobody waits for is not made. */
  abort(error: () => Error): void {
    if (this.drainDue) this.drainDue = false;
    this.deflater?.cancel();
    if (this.queueing) this.queue?.abort(error());
    this.flush();
  }

  /** Does what takes no time: at once, or behind what is queued. */
  private inOrder(size: number, action: () => void, callback: SendCallback | undefined): void {
    if (!this.queueing) {
      action();
      return;
    }
    const start = (done: () => void) => {
      action();
      done();
    };
    this.enqueue({ size, start, abort: (error) => fail(callback, error) });
  }

  private get limited(): boolean {
    return this.handler.settings.maxBufferedAmount !== UNLIMITED;
  }

  /**
   * Applies `maxBufferedAmount`; an empty buffer takes a message of any size. A message is dropped with all of its
   * fragments or not at all: half of one would swallow the next.
   */
  private admit(size: number, fin: boolean, callback: SendCallback | undefined): boolean {
    const buffered = this.bufferedAmount;
    const begun = this.admitted;
    const fits = buffered === 0 || buffered + size <= this.handler.settings.maxBufferedAmount;
    if (begun === false) failSlow(callback);
    const admitted = begun !== false && (fits || this.meetLimit(size, begun === true, callback));
    this.admitted = fin ? null : admitted;
    return admitted;
  }

  private meetLimit(size: number, begun: boolean, callback: SendCallback | undefined): boolean {
    const { slowConsumer } = this.handler.settings;
    const wanted = typeof slowConsumer === 'function' ? slowConsumer(size) : slowConsumer;
    const action = wanted === 'drop' && begun ? 'send' : wanted;
    this.handler.slowConsumer(action);
    if (action === 'send') return true;
    failSlow(callback);
    if (action === 'close') return false;
    this.dropped++;
    this.drainDue = true;
    this.checkDrain();
    return false;
  }

  private sendLater(payload: Buffer, flags: SendFlags, callback: SendCallback | undefined): void {
    const start = (done: () => void) => this.deliver(payload, flags, callback, done);
    this.enqueue({ size: payload.length, start, abort: (error) => fail(callback, error) });
  }

  /** The first fragment of a message decides for all (RFC 7692 §6.1). Only with an agreement. */
  private compresses(payload: Buffer | string, flags: SendFlags): boolean {
    if (this.fragmentsCompressed !== null) return this.fragmentsCompressed;
    if (!flags.compress) return false;
    const { deflate, threshold } = this.handler.agreement as DeflateAgreement;
    return deflate.contextTakeover || Buffer.byteLength(payload) >= threshold;
  }

  private noteFragment(fin: boolean, compressed: boolean): void {
    if (!fin || this.fragmentsCompressed !== null) this.fragmentsCompressed = fin ? null : compressed;
  }

  private deflatesLater(payload: Buffer | string, flags: SendFlags): boolean {
    if (this.handler.agreement === null || !this.compresses(payload, flags)) return false;
    return !this.openDeflater().isSync(Buffer.byteLength(payload));
  }

  private sendNow(payload: Buffer | string, flags: SendFlags, callback: SendCallback | undefined): void {
    this.beginTurn();
    const compressed = this.handler.agreement !== null && this.compresses(payload, flags);
    this.noteFragment(flags.fin, compressed);
    const data = compressed ? this.openDeflater().deflateSync(bufferOf(payload), flags.fin) : payload;
    this.transmit(data, flags, compressed, callback);
  }

  private deflateAndSend(
    payload: Buffer,
    flags: SendFlags,
    callback: SendCallback | undefined,
    done: () => void,
  ): void {
    this.noteFragment(flags.fin, true);
    this.openDeflater().deflate(payload, flags.fin, (error, compressed) => {
      if (error) {
        fail(callback, error);
        this.handler.sendFailed(error);
      } else {
        this.beginTurn();
        this.transmit(compressed, flags, true, callback);
      }
      done();
    });
  }

  private openDeflater(): MessageDeflater {
    this.deflater ??= new MessageDeflater((this.handler.agreement as DeflateAgreement).deflate);
    return this.deflater;
  }

  private transmit(
    payload: Buffer | string,
    flags: SendFlags,
    compressed: boolean,
    callback: SendCallback | undefined,
  ): void {
    const { settings, engine } = this.handler;
    if (!engine.canSend) {
      fail(callback, new ConnectionClosedError({ receivedCode: 1006 }));
      return;
    }
    if (flags.fin) settings.traffic.messagesSent++;
    // What the engine hands over at once has its callback with it, else with all of this turn, and behind others that wait.
    const first = callback !== undefined && this.callbacks === null;
    const alone = first && payload.length > maxCopied(settings.plain.role === 'client');
    if (alone) this.handler.withPayload(callback);
    engine.send(payload, flags.isBinary, flags.fin, compressed);
    if (callback !== undefined && !alone) this.whenWritten(callback);
  }

  private sendEncoded(frame: Buffer, constant: boolean, callback: SendCallback | undefined): void {
    if (!this.canSend) {
      fail(callback, new ConnectionClosedError({ receivedCode: 1006 }));
      return;
    }
    this.beginTurn();
    this.handler.settings.traffic.messagesSent++;
    this.handler.engine.sendEncoded(frame, constant);
    if (callback !== undefined) this.whenWritten(callback);
  }

  private preparedTask(
    prepared: PreparedMessage,
    compressing: boolean,
    callback: SendCallback | undefined,
  ): SendTask {
    const send = (frame: Buffer | null, done: () => void) => {
      this.sendEncoded(frame ?? prepared.frame, true, callback);
      done();
    };
    return {
      size: prepared.payload.length,
      abort: (error) => fail(callback, error),
      start: (done) => {
        const windowBits = this.handler.agreement?.deflate.windowBits ?? 15;
        const whole = sendFlags(prepared.isBinary, compressing, true);
        // What was queued in front may have begun a message: inside it only fragments may be sent.
        if (this.fragmentsCompressed !== null) this.deliver(prepared.payload, whole, callback, done);
        else if (!compressing) send(null, done);
        else prepared.compressedFrame(windowBits, (frame) => send(frame, done));
      },
    };
  }
}

function bufferOf(payload: Buffer | string): Buffer {
  return typeof payload === 'string' ? Buffer.from(payload) : payload;
}

function drained(handler: OutgoingHandler): void {
  handler.drained();
}
