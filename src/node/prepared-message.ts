import { Buffer } from 'node:buffer';
import { frameHeaderLength, writeFrameHeader } from '../protocol/frame-encoder.js';
import { Opcode } from '../protocol/opcodes.js';
import { type DeflateSettings, MessageDeflater } from './message-deflater.js';

const FIN = 0x80;
const RSV1 = 0x40;

/** Told the frame, or `null` if compressing failed. */
type FrameCallback = (frame: Buffer | null) => void;

/**
 * A message that goes to many peers: framed once, compressed once for each window size, and written to every
 * socket as the same bytes. Made by `server.prepareMessage()`, sent by `socket.send(prepared)`.
 */
export class PreparedMessage {
  /** The payload; it must not be changed any more. */
  readonly payload: Buffer;
  /** Whether it is sent as a binary message. */
  readonly isBinary: boolean;
  private readonly zlib: DeflateSettings | undefined;
  private readonly syncThreshold: number | undefined;
  private plain: Buffer | null = null;
  private readonly compressed = new Map<number, Buffer | FrameCallback[]>();

  /**
   * @param zlib settings of compression; zlib's defaults if not given
   * @param syncThreshold longest payload in bytes that is compressed at once; as of a connection if not given
   */
  constructor(payload: Buffer, isBinary: boolean, zlib?: DeflateSettings, syncThreshold?: number) {
    this.payload = payload;
    this.isBinary = isBinary;
    this.zlib = zlib;
    this.syncThreshold = syncThreshold;
  }

  /** The unmasked frame, as a server sends it. */
  get frame(): Buffer {
    this.plain ??= frameOf(FIN | this.opcode, this.payload);
    return this.plain;
  }

  /** The unmasked compressed frame for a window without context takeover; calls back at once if it is known. */
  compressedFrame(windowBits: number, callback: FrameCallback): void {
    const known = this.compressed.get(windowBits);
    if (known === undefined) this.compress(windowBits, callback);
    else if (Array.isArray(known)) known.push(callback);
    else callback(known);
  }

  private get opcode(): Opcode {
    return this.isBinary ? Opcode.BINARY : Opcode.TEXT;
  }

  private compress(windowBits: number, callback: FrameCallback): void {
    const { zlib, syncThreshold } = this;
    const deflater = new MessageDeflater({ windowBits, contextTakeover: false, zlib, syncThreshold });
    const head = FIN | RSV1 | this.opcode;
    if (deflater.isSync(this.payload.length)) {
      const frame = frameOf(head, deflater.deflateSync(this.payload, true));
      this.compressed.set(windowBits, frame);
      callback(frame);
      return;
    }
    const callbacks = [callback];
    this.compressed.set(windowBits, callbacks);
    deflater.deflate(this.payload, true, (error, compressed) => {
      const frame = error ? null : frameOf(head, compressed);
      if (frame === null) this.compressed.delete(windowBits);
      else this.compressed.set(windowBits, frame);
      for (const waiting of callbacks) waiting(frame);
    });
  }
}

function frameOf(head: number, payload: Buffer): Buffer {
  const size = frameHeaderLength(payload.length, false);
  const frame = Buffer.allocUnsafeSlow(size + payload.length);
  writeFrameHeader(frame, 0, head, payload.length, false);
  payload.copy(frame, size);
  return frame;
}
