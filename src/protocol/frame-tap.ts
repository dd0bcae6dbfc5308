/**
 * Shows somebody the frames that go through an engine, as the engine itself saw them: what comes in by the decoder that
 * judges it, what goes out by a decoder with the peer's rules. An engine without a tap knows nothing of this file's code.
 */
import { Buffer } from 'node:buffer';
import type { LimitError, ProtocolError } from './errors.js';
import { FrameDecoder, type FrameHandler } from './frame-decoder.js';
import { type FrameSink, frameHeaderLength, writeFrameHeader } from './frame-encoder.js';
import { FIN, LENGTH, OPCODE, RSV1 } from './frame-header.js';
import type { FrameRules } from './frame-rules.js';

const RSV2 = 0x20;
const RSV3 = 0x10;
const KEY_LENGTH = 4;

/** Payload bytes of each frame that a tap keeps unless told otherwise. */
export const DEFAULT_CAPTURE_LENGTH = 1024;

/** A frame that went through an engine (RFC 6455 §5.2). */
export interface TappedFrame {
  readonly direction: 'received' | 'sent';
  readonly fin: boolean;
  /** With permessage-deflate: the message is compressed (RFC 7692 §6). */
  readonly rsv1: boolean;
  readonly rsv2: boolean;
  readonly rsv3: boolean;
  readonly opcode: number;
  /** The four octets; `null` without a mask, or if the frame was refused before they came. */
  readonly maskingKey: Buffer | null;
  /** Bytes of payload that the header announces. */
  readonly payloadLength: number;
  /** The header's octets, masking key included: 2 to 14. Of a refused frame those that were looked at. */
  readonly header: Buffer;
  /** The payload unmasked, not inflated, up to the capture length; empty if the frame was refused. */
  readonly payload: Buffer;
  /** The rule that the frame broke or the limit that it met: ours where it was received, the peer's where it was sent. */
  readonly error: ProtocolError | LimitError | null;
}

/** Takes each frame when it is complete, before what follows from it. It must not throw. */
export type FrameListener = (frame: TappedFrame) => void;

/** The tap of one engine. It stands between its encoder and its sink, and between its frame decoder and the handler. */
export class FrameTap implements FrameSink {
  private readonly sink: FrameSink;
  private readonly listener: FrameListener;
  private readonly captureLength: number;
  private readonly sent: FrameDecoder;

  /**
   * @param sink where the engine's output goes
   * @param rules for received frames
   * @param captureLength payload bytes of each frame that are kept
   */
  constructor(sink: FrameSink, rules: FrameRules, listener: FrameListener, captureLength: number) {
    this.sink = sink;
    this.listener = listener;
    this.captureLength = captureLength;
    const maxPayload = Number.POSITIVE_INFINITY;
    const peers = { rsv1: rules.rsv1, masked: !rules.masked, maxPayload, maxFragments: maxPayload };
    this.sent = new FrameDecoder(UNHEARD, peers);
    this.sent.handler = new FrameRecorder('sent', this.sent, UNHEARD, listener, captureLength);
  }

  /** Passes on what is written, whole frames at a time. */
  write(bytes: Buffer, payload?: Buffer): boolean {
    // Behind a frame that breaks a rule, which a program may send on purpose, the next write begins with a header again.
    this.sent.restart();
    this.watch(bytes);
    if (payload !== undefined) this.watch(payload);
    return this.sink.write(bytes, payload);
  }

  /** The handler to put in front of `handler`, so that the listener sees what `decoder` decodes. */
  before(decoder: FrameDecoder, handler: FrameHandler): FrameHandler {
    return new FrameRecorder('received', decoder, handler, this.listener, this.captureLength);
  }

  /** A decoder unmasks in place, and what is written must leave as it is. */
  private watch(bytes: Buffer): void {
    this.sent.decode(this.sent.rules.masked ? Buffer.from(bytes) : bytes);
  }
}

const UNHEARD: FrameHandler = { frameStart() {}, framePayload() {}, frameEnd() {}, frameError() {} };

/** Writes down a decoder's frames on their way to its handler. */
class FrameRecorder implements FrameHandler {
  private readonly direction: TappedFrame['direction'];
  private readonly decoder: FrameDecoder;
  private readonly next: FrameHandler;
  private readonly listener: FrameListener;
  private readonly captureLength: number;
  private readonly pieces: Buffer[] = [];
  private captured = 0;
  /** Payload still to come; -1 outside a frame that was seen from its start. */
  private remaining = -1;
  private key = 0;

  constructor(
    direction: TappedFrame['direction'],
    decoder: FrameDecoder,
    next: FrameHandler,
    listener: FrameListener,
    captureLength: number,
  ) {
    this.direction = direction;
    this.decoder = decoder;
    this.next = next;
    this.listener = listener;
    this.captureLength = captureLength;
  }

  frameStart(): void {
    const { payloadLength, maskingKey } = this.decoder;
    this.pieces.length = 0;
    this.captured = 0;
    this.remaining = payloadLength;
    this.key = maskingKey;
    if (payloadLength === 0) this.report();
    this.next.frameStart();
  }

  framePayload(piece: Buffer): void {
    const rest = this.captureLength - this.captured;
    if (rest > 0 && this.remaining > 0) {
      const copy = Buffer.from(piece.subarray(0, rest));
      this.captured += copy.length;
      this.pieces.push(copy);
    }
    this.remaining -= piece.length;
    // The handler may fail the connection for what the payload says, and then hears of no end.
    if (this.remaining === 0) this.report();
    this.next.framePayload(piece);
  }

  frameEnd(): void {
    this.remaining = -1;
    this.next.frameEnd();
  }

  endRead(read: Buffer, reusable: boolean): void {
    this.next.endRead?.(read, reusable);
  }

  frameError(error: ProtocolError | LimitError): void {
    const header = this.decoder.refused ?? this.header(null);
    const [head, second] = header;
    const { direction } = this;
    const payload = Buffer.alloc(0);
    const announced = { payloadLength: announcedLength(header, second & LENGTH), maskingKey: null };
    this.listener({ direction, ...bits(head), ...announced, header, payload, error });
    this.next.frameError(error);
  }

  private report(): void {
    const { direction, decoder, pieces } = this;
    const maskingKey = decoder.rules.masked ? Buffer.alloc(KEY_LENGTH) : null;
    maskingKey?.writeInt32LE(this.key);
    const header = this.header(maskingKey);
    const payload = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
    const { payloadLength } = decoder;
    this.listener({ direction, ...bits(header[0]), maskingKey, payloadLength, header, payload, error: null });
  }

  /** The octets of a header that kept the rules: with the shortest form of the length there is only one form (§5.2). */
  private header(maskingKey: Buffer | null): Buffer {
    const { fin, rsv1, opcode, payloadLength } = this.decoder;
    const header = Buffer.alloc(frameHeaderLength(payloadLength, maskingKey !== null));
    const head = (fin ? FIN : 0) | (rsv1 ? RSV1 : 0) | opcode;
    writeFrameHeader(header, 0, head, payloadLength, maskingKey !== null);
    maskingKey?.copy(header, header.length - KEY_LENGTH);
    return header;
  }
}

function bits(head: number): Pick<TappedFrame, 'fin' | 'rsv1' | 'rsv2' | 'rsv3' | 'opcode'> {
  const isSet = (bit: number): boolean => (head & bit) !== 0;
  return { fin: isSet(FIN), rsv1: isSet(RSV1), rsv2: isSet(RSV2), rsv3: isSet(RSV3), opcode: head & OPCODE };
}

/** The length as far as the octets tell it: those that extend it may not have been looked at. */
function announcedLength(header: Buffer, short: number): number {
  if (short === 126 && header.length >= 4) return header.readUInt16BE(2);
  if (short === 127 && header.length >= 10) return Number(header.readBigUInt64BE(2));
  return short;
}
