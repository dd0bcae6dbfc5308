/** What an engine needs only while bytes go through it. Knows nothing of what the bytes mean. */

import { FrameEncoder, type FrameSink, type MaskingKeySource } from './frame-encoder.js';
import type { FrameRules } from './frame-rules.js';
import { MessageDecoder } from './message-decoder.js';
import { MessageMemory } from './message-memory.js';
import { frameRules, type ProtocolOptions } from './protocol-options.js';
import { SlabPool } from './slab-pool.js';

/** Most parts of a kind that are kept: a broadcast borrows an encoder for each of a thousand connections. */
const KEPT = 1024;

/**
 * Decoders, encoders and memory that engines share: a connection through which nothing goes holds none of them, which
 * makes it 490 bytes lighter.
 */
export class EnginePool {
  private readonly slabs = new SlabPool();
  private readonly memory = new MessageMemory();
  private readonly rules = new WeakMap<ProtocolOptions, FrameRules>();
  private readonly decoders: MessageDecoder[] = [];
  private readonly encoders: FrameEncoder[] = [];

  /** The rules for frames, the same object for all engines with these options. */
  rulesOf(options: ProtocolOptions): FrameRules {
    const known = this.rules.get(options);
    if (known !== undefined) return known;
    const rules = frameRules(options);
    this.rules.set(options, rules);
    return rules;
  }

  /** Lends a decoder, to be attached. */
  takeDecoder(): MessageDecoder {
    return this.decoders.pop() ?? new MessageDecoder(this.memory);
  }

  /** Takes an idle decoder back. */
  giveDecoder(decoder: MessageDecoder): void {
    decoder.detach();
    if (this.decoders.length < KEPT) this.decoders.push(decoder);
  }

  /** Lends an encoder. */
  takeEncoder(sink: FrameSink, nextMaskingKey: MaskingKeySource | null): FrameEncoder {
    const encoder = this.encoders.pop();
    if (encoder === undefined) return new FrameEncoder(sink, this.slabs, nextMaskingKey);
    encoder.attach(sink, nextMaskingKey);
    return encoder;
  }

  /** Takes an encoder back that has nothing pending. */
  giveEncoder(encoder: FrameEncoder): void {
    encoder.detach();
    if (this.encoders.length < KEPT) this.encoders.push(encoder);
  }
}
