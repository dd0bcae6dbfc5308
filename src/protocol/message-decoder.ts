import { Buffer } from 'node:buffer';
import type { LimitError, ProtocolError } from './errors.js';
import { FrameDecoder, type FrameHandler } from './frame-decoder.js';
import type { FrameRules } from './frame-rules.js';
import type { FrameTap } from './frame-tap.js';
import type { MessageMemory } from './message-memory.js';
import { type MessageHandler, type MessageMode, MessageReceiver } from './message-receiver.js';
import { isControlOpcode, isDataOpcode, Opcode } from './opcodes.js';

const EMPTY = Buffer.alloc(0);

/** What a `MessageDecoder` tells besides messages. */
export interface ControlHandler {
  /** A close, ping or pong frame with its whole payload (RFC 6455 §5.5). */
  controlFrame(opcode: number, payload: Buffer): void;
  /** The peer broke a rule or reached a limit; nothing is decoded after it. */
  decodingFailed(error: ProtocolError | LimitError): void;
}

const NO_RULES: FrameRules = { masked: false, rsv1: false, maxPayload: 0, maxFragments: 0 };
const NOBODY: MessageHandler & ControlHandler = { message() {}, controlFrame() {}, decodingFailed() {} };

/**
 * Bytes in, messages and control frames out, which may come between the fragments of a message (RFC 6455 §5.4).
 * Knows nothing of what control frames mean. Between messages it is the same for all connections, so they share it.
 */
export class MessageDecoder implements FrameHandler {
  readonly frames: FrameDecoder;
  private readonly receiver: MessageReceiver;
  private handler: ControlHandler;
  /** Payload of the control frame under way; 125 bytes at most, so it is simply joined. */
  private control: Buffer = EMPTY;

  /** @param memory where messages are put that came in several reads */
  constructor(memory: MessageMemory) {
    this.frames = new FrameDecoder(this, NO_RULES);
    this.receiver = new MessageReceiver(NOBODY, true, memory);
    this.handler = NOBODY;
  }

  /** Serves a connection from now on; `validate` tells whether its text is checked. */
  attach(
    messages: MessageHandler,
    handler: ControlHandler,
    rules: FrameRules,
    validate: boolean,
    mode: MessageMode,
  ): void {
    this.handler = handler;
    this.frames.rules = rules;
    this.receiver.attach(messages, validate, mode);
  }

  /** Serves nobody, and keeps nobody in memory. Only while `idle`. */
  detach(): void {
    this.handler = NOBODY;
    this.receiver.detach();
    this.frames.restart();
  }

  /** Has a tap see each frame from the next one on; `null` ends that. */
  setTap(tap: FrameTap | null): void {
    this.frames.handler = tap === null ? this : tap.before(this.frames, this);
  }

  /** Whether it holds nothing of its connection. */
  get idle(): boolean {
    return this.frames.idle;
  }

  /** Changes from the next message on how messages are handed out, and the rules. */
  change(mode: MessageMode, rules: FrameRules): void {
    this.receiver.mode = mode;
    this.frames.rules = rules;
  }

  /** Decodes nothing any more, and keeps nothing of what was incomplete. */
  stop(): void {
    this.frames.stop();
    this.receiver.clear();
    this.control = EMPTY;
  }

  /** @internal */
  frameStart(): void {
    const { opcode, rsv1 } = this.frames;
    if (isDataOpcode(opcode)) this.receiver.start(opcode === Opcode.BINARY, rsv1);
  }

  /** @internal */
  framePayload(piece: Buffer): void {
    const { opcode, fin, payloadLength, ascii } = this.frames;
    if (isControlOpcode(opcode)) {
      this.receiver.noteHandedOut();
      this.control = this.control.length === 0 ? piece : Buffer.concat([this.control, piece]);
      return;
    }
    const only = fin && piece.length === payloadLength && opcode !== Opcode.CONTINUATION;
    const error = this.receiver.push(piece, only, ascii);
    if (error !== null) this.handler.decodingFailed(error);
  }

  /** @internal */
  frameEnd(): void {
    const { opcode, fin } = this.frames;
    if (isControlOpcode(opcode)) {
      const payload = this.control;
      this.control = EMPTY;
      this.handler.controlFrame(opcode, payload);
    } else if (fin) {
      const error = this.receiver.end();
      if (error !== null) this.handler.decodingFailed(error);
    } else {
      this.receiver.endFragment();
    }
  }

  /** @internal */
  wholeMessage(payload: Buffer, isBinary: boolean, ascii: boolean): void {
    const error = this.receiver.whole(payload, isBinary, ascii);
    if (error !== null) this.handler.decodingFailed(error);
  }

  /** @internal */
  endRead(read: Buffer, reusable: boolean): void {
    this.receiver.endRead(read, reusable);
  }

  /** @internal */
  frameError(error: ProtocolError | LimitError): void {
    this.handler.decodingFailed(error);
  }
}
