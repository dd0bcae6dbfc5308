import { Buffer, isUtf8 } from 'node:buffer';
import { ProtocolError } from './errors.js';
import { MessageAssembler } from './message-assembler.js';
import { MessageMemory } from './message-memory.js';
import { Utf8Validator } from './utf8.js';

const EMPTY = Buffer.alloc(0);

/** How incoming messages are handed out: whole, binary ones as an array of fragments, or piece by piece. */
export type MessageMode = 'whole' | 'fragments' | 'streaming';

/** What a `MessageReceiver` tells. */
export interface MessageHandler {
  /** A message. Text is valid UTF-8. */
  message(payload: Buffer, isBinary: boolean): void;
  /** A message that is still compressed (RFC 7692 §6.2). `isBinary` tells what it is once inflated. */
  compressedMessage?(payload: Buffer, isBinary: boolean): void;
  /** Mode `fragments`: a binary message that was not compressed, in its fragments. */
  fragments?(fragments: Buffer[]): void;
  /** Mode `streaming`: a message starts. */
  messageStart?(isBinary: boolean, compressed: boolean): void;
  /** Mode `streaming`: the next piece of the message; text is checked, unless it is compressed. */
  messageData?(piece: Buffer): void;
  /** Mode `streaming`: the message is complete. */
  messageEnd?(): void;
}

/** Stands where a receiver had its connection. */
const NOBODY: MessageHandler = { message() {} };

/**
 * Makes messages out of the payloads of data frames (RFC 6455 §5.4) and checks that text is UTF-8 as it
 * arrives (§8.1). Knows nothing of headers, limits or closing. Methods that check return an error or null.
 */
export class MessageReceiver {
  /** How messages are handed out; a change counts from the next message on. */
  mode: MessageMode = 'whole';

  private handler: MessageHandler;
  private validate: boolean;
  private current: MessageMode = 'whole';
  private isBinary = false;
  private compressed = false;
  private checksText = false;
  /** A payload that came in one piece; it is handed out without a copy. */
  private single: Buffer | null = null;
  private assembler: MessageAssembler | null = null;
  private fragments: Buffer[] | null = null;
  private validator: Utf8Validator | null = null;
  private readonly memory: MessageMemory;
  /** A piece of this read was handed out, or may be, as it came. */
  private handedOut = false;

  /**
   * @param validate whether text is checked
   * @param memory where messages are put that came in several pieces; by default memory of their own
   */
  constructor(handler: MessageHandler, validate: boolean, memory: MessageMemory = new MessageMemory()) {
    this.handler = handler;
    this.validate = validate;
    this.memory = memory;
  }

  /** Serves another connection. Only between messages. */
  attach(handler: MessageHandler, validate: boolean, mode: MessageMode): void {
    this.handler = handler;
    this.validate = validate;
    this.mode = mode;
  }

  /** Serves nobody, and keeps nobody in memory. */
  detach(): void {
    this.handler = NOBODY;
  }

  /** A message that was not compressed, in one piece. */
  whole(payload: Buffer, isBinary: boolean, ascii: boolean): ProtocolError | null {
    if (this.mode !== 'whole') {
      this.start(isBinary, false);
      return this.push(payload, true, ascii) ?? this.end();
    }
    this.handedOut = true;
    // §8.1.
    if (!isBinary && !ascii && this.validate && !isUtf8(payload))
      return new ProtocolError('WS_ERR_INVALID_UTF8');
    this.handler.message(payload, isBinary);
    return null;
  }

  /** The first frame of a message has begun. */
  start(isBinary: boolean, compressed: boolean): void {
    this.isBinary = isBinary;
    this.compressed = compressed;
    this.checksText = this.validate && !isBinary && !compressed;
    this.current = this.mode === 'fragments' && (!isBinary || compressed) ? 'whole' : this.mode;
    if (this.current === 'streaming') this.handler.messageStart?.(isBinary, compressed);
  }

  /** The next piece of payload; `only` says that it is the whole message, `ascii` that it is known to be ASCII. */
  push(piece: Buffer, only: boolean, ascii = false): ProtocolError | null {
    if (only && this.current !== 'streaming') {
      this.single = piece;
      this.handedOut = true;
      if (ascii) this.checksText = false;
      return null;
    }
    if (this.checksText) {
      this.validator ??= new Utf8Validator();
      // §8.1 with fail fast: the first byte that cannot be continued ends it.
      if (!this.validator.push(piece)) return this.failText(piece, this.validator.accepted);
    }
    if (this.current === 'streaming') {
      this.handedOut = true;
      this.handler.messageData?.(piece);
    } else {
      this.assembler ??= new MessageAssembler(this.memory);
      this.assembler.add(piece);
    }
    return null;
  }

  /** A frame that is not the last of its message is complete. An empty fragment is no entry, as in `ws`. */
  endFragment(): void {
    if (this.current !== 'fragments') return;
    this.fragments ??= [];
    const fragment = this.takeCollected();
    if (fragment.length > 0) this.fragments.push(fragment);
  }

  /** The last frame of the message is complete. */
  end(): ProtocolError | null {
    const { single } = this;
    if (this.checksText && !(single === null ? this.endText() : isUtf8(single))) {
      return new ProtocolError('WS_ERR_INVALID_UTF8');
    }
    if (this.current === 'streaming') this.handler.messageEnd?.();
    else if (this.current === 'fragments') this.deliverFragments();
    else this.deliver(this.takeCollected());
    return null;
  }

  /** A piece of this read was handed out as it came, without being pushed. */
  noteHandedOut(): void {
    this.handedOut = true;
  }

  /** A read is over. If `reusable` its memory may become that of a message once nobody needs it. */
  endRead(read: Buffer, reusable: boolean): void {
    if (reusable && !this.handedOut) this.assembler?.ownRead(read);
    this.handedOut = false;
  }

  /** Drops what was collected: nothing more will come. */
  clear(): void {
    this.single = null;
    this.assembler = null;
    this.fragments = null;
    this.validator = null;
  }

  /** What was valid is still handed out, so that it does not depend on the cut. */
  private failText(piece: Buffer, valid: number): ProtocolError {
    if (this.current === 'streaming' && valid > 0) this.handler.messageData?.(piece.subarray(0, valid));
    return new ProtocolError('WS_ERR_INVALID_UTF8');
  }

  private deliver(payload: Buffer): void {
    if (this.compressed) this.handler.compressedMessage?.(payload, this.isBinary);
    else this.handler.message(payload, this.isBinary);
  }

  private deliverFragments(): void {
    this.endFragment();
    const fragments = this.fragments ?? [];
    this.fragments = null;
    this.handler.fragments?.(fragments);
  }

  private takeCollected(): Buffer {
    const { single, assembler } = this;
    if (single !== null) {
      this.single = null;
      return single;
    }
    this.assembler = null;
    return assembler === null ? EMPTY : assembler.take();
  }

  /** §8.1: the message must not end inside a code point. */
  private endText(): boolean {
    const { validator } = this;
    this.validator = null;
    return validator === null || validator.complete;
  }
}
