/**
 * permessage-deflate (RFC 7692) as the class that `ws` exports: negotiation, compressor and decompressor of one
 * end. An adapter: the engine negotiates, the layer below runs zlib. It may not know frames or sockets.
 */

import { Buffer } from 'node:buffer';
import { nextTick } from 'node:process';
import { constants } from 'node:zlib';
import type { DeflateAgreement } from '../node/connection-settings.js';
import { MessageDeflater } from '../node/message-deflater.js';
import { MessageInflater } from '../node/message-inflater.js';
import {
  checkDeflateOptions,
  deflateAgreement,
  type PerMessageDeflateOptions,
} from '../node/per-message-deflate-options.js';
import { ConnectionClosedError, HandshakeError, LimitError, UsageError } from '../protocol/errors.js';
import type { ExtensionOffer } from '../protocol/handshake/extensions.js';
import {
  acceptOffer,
  checkResponse,
  createOffer,
  PER_MESSAGE_DEFLATE,
  type PerMessageDeflateParameters,
} from '../protocol/handshake/permessage-deflate.js';
import { type ExtensionParametersInput, extensionOffer } from './header-formats.js';

/** Options of a `PerMessageDeflate`. */
export interface PerMessageDeflateClassOptions extends PerMessageDeflateOptions {
  /** Whether this end is the server. Default `false`. */
  isServer?: boolean | undefined;
  /** Bytes that a message may have once it is inflated; 0 for no limit. Default 0. */
  maxPayload?: number | undefined;
}

/** Parameters of permessage-deflate by their names in the header; `true` stands for no value. */
export type PerMessageDeflateHeader = Record<string, number | true>;

/** Called with the result, or with the error alone. */
export type PerMessageDeflateCallback = (error: Error | null, data?: Buffer) => void;

const EMPTY = Buffer.alloc(0);

/** permessage-deflate at one end of one connection. In each direction one payload follows the other. */
export class PerMessageDeflate {
  /** The extension's token, `permessage-deflate`. */
  static readonly extensionName: string = PER_MESSAGE_DEFLATE;

  /** What was agreed, in the words of the header; `null` before `accept`. */
  params: PerMessageDeflateHeader | null = null;

  readonly #options: PerMessageDeflateOptions;
  readonly #isServer: boolean;
  readonly #maxPayload: number;
  #agreement: DeflateAgreement | null = null;
  #deflater: MessageDeflater | null = null;
  #inflater: MessageInflater | null = null;
  /** Fragments of the message that is decompressed. */
  #fragments: Buffer[] = [];
  #fragmentsLength = 0;
  /** Callers of `compress` that have not been answered; the first one's payload is compressed. */
  #compressing: CompressJob[] = [];
  /** Payloads to decompress; the first one is. */
  #decompressing: (() => void)[] = [];

  /**
   * @param older the options `isServer` and `maxPayload`, which older versions of `ws` take here
   * @throws UsageError `WS_ERR_INVALID_OPTIONS`
   */
  constructor(
    options?: PerMessageDeflateClassOptions | null,
    ...older: [isServer?: boolean, maxPayload?: number]
  ) {
    const [isServer, maxPayload] = older;
    this.#options = options ?? {};
    checkDeflateOptions(this.#options);
    this.#isServer = isServer ?? options?.isServer === true;
    this.#maxPayload = maxPayload ?? options?.maxPayload ?? 0;
  }

  /** A client's offer, in the words of the header. */
  offer(): PerMessageDeflateHeader {
    return headerOf(createOffer(this.#options));
  }

  /**
   * Settles what holds: a server picks the first of a client's offers that it can satisfy, a client checks the
   * server's answer. Returns `params`.
   *
   * @param configurations what `extension.parse` gave for permessage-deflate
   * @throws HandshakeError `WS_ERR_INVALID_EXTENSIONS_HEADER` if nothing can be agreed on
   */
  accept(configurations: readonly ExtensionParametersInput[]): PerMessageDeflateHeader {
    const offers = configurations.map((parameters) => extensionOffer(PER_MESSAGE_DEFLATE, parameters));
    const { parameters, header } = this.#isServer ? this.#asServer(offers) : this.#asClient(offers);
    const role = this.#isServer ? 'server' : 'client';
    // Whoever uses the class itself compresses as with ws.
    const zlibDeflateOptions = {
      level: constants.Z_DEFAULT_COMPRESSION,
      ...this.#options.zlibDeflateOptions,
    };
    const options = { ...this.#options, zlibDeflateOptions };
    this.#agreement = deflateAgreement(role, parameters, options, this.#maxPayload);
    this.params = header;
    return header;
  }

  /**
   * Compresses a payload; the callback comes later. `fin`: it is the whole or the last fragment of a message.
   *
   * @throws UsageError `WS_ERR_INVALID_ARGUMENT` before `accept`
   */
  compress(data: Buffer | string, fin: boolean, callback: PerMessageDeflateCallback): void {
    const payload = typeof data === 'string' ? Buffer.from(data) : data;
    this.#deflater ??= new MessageDeflater(this.#agreed().deflate);
    this.#compressing.push({ payload, fin, callback });
    if (this.#compressing.length === 1) this.#compressNext();
  }

  /**
   * Decompresses a payload; the callback comes later, with a `ProtocolError` for data that is not DEFLATE and a
   * `LimitError` beyond `maxPayload`. A fragment that is not the last (`fin` false) gives no bytes: they all come
   * with the last.
   *
   * @throws UsageError `WS_ERR_INVALID_ARGUMENT` before `accept`
   */
  decompress(data: Buffer, fin: boolean, callback: PerMessageDeflateCallback): void {
    this.#inflater ??= new MessageInflater(this.#agreed().inflate);
    this.#decompressing.push(() => this.#decompressNow(data, fin, callback));
    if (this.#decompressing.length === 1) this.#decompressing[0]();
  }

  /** @internal What `accept` has settled; `null` before. */
  get agreement(): DeflateAgreement | null {
    return this.#agreement;
  }

  /** Lets go of what is held. An unanswered `compress` gets a `ConnectionClosedError`, a `decompress` nothing. */
  cleanup(): void {
    const unanswered = this.#compressing;
    this.#deflater?.cancel();
    this.#inflater?.cancel();
    this.#deflater = null;
    this.#inflater = null;
    this.#compressing = [];
    this.#decompressing = [];
    this.#takeFragments();
    for (const { callback } of unanswered) callback(new ConnectionClosedError({ receivedCode: 1006 }));
  }

  /**
   * Whether a message of `length` bytes is worth it: with context takeover every message is, since it helps the
   * next, else from the `threshold` on.
   * @internal
   */
  isWorthwhile(length: number): boolean {
    const { deflate, threshold } = this.#agreed();
    return deflate.contextTakeover || length >= threshold;
  }

  #asServer(offers: readonly ExtensionOffer[]): Settled {
    const accepted = acceptOffer(offers, this.#options);
    if (accepted === null) throw HandshakeError.of('WS_ERR_INVALID_EXTENSIONS_HEADER');
    return { parameters: accepted.parameters, header: headerOf(accepted.response) };
  }

  #asClient(response: readonly ExtensionOffer[]): Settled {
    const parameters = checkResponse(response, createOffer(this.#options));
    if (parameters === null) throw HandshakeError.of('WS_ERR_INVALID_EXTENSIONS_HEADER');
    const [{ parameters: said }] = response;
    const header = headerOf({ name: PER_MESSAGE_DEFLATE, parameters: said });
    if (parameters.clientNoContextTakeover) header.client_no_context_takeover = true;
    if (parameters.clientMaxWindowBits < 15) header.client_max_window_bits = parameters.clientMaxWindowBits;
    return { parameters, header };
  }

  #agreed(): DeflateAgreement {
    if (this.#agreement !== null) return this.#agreement;
    throw new UsageError('WS_ERR_INVALID_ARGUMENT', 'Nothing is agreed on before accept()');
  }

  #compressNext(): void {
    const job = this.#compressing[0];
    const deflater = this.#deflater;
    if (job === undefined || deflater === null) return;
    const { payload, fin } = job;
    if (!deflater.isSync(payload.length)) {
      deflater.deflate(payload, fin, (error, compressed) => this.#compressed(job, error, compressed));
      return;
    }
    const compressed = deflater.deflateSync(payload, fin);
    nextTick(() => {
      if (this.#compressing[0] === job) this.#compressed(job, null, compressed);
    });
  }

  #compressed({ callback }: CompressJob, error: Error | null, compressed: Buffer): void {
    this.#compressing.shift();
    this.#compressNext();
    if (error) callback(error);
    else callback(null, compressed);
  }

  #decompressNow(data: Buffer, fin: boolean, callback: PerMessageDeflateCallback): void {
    const inflater = this.#inflater as MessageInflater;
    const answer = (error: Error | null, message: Buffer): void =>
      nextTick(() => {
        if (this.#inflater !== inflater) return;
        this.#decompressing.shift();
        this.#decompressing[0]?.();
        if (error) callback(error);
        else callback(null, message);
      });
    const error = this.#collect(data);
    if (error || !fin) answer(error, EMPTY);
    else inflater.inflate(this.#takeFragments(), answer);
  }

  /** What is collected counts against `maxPayload` as it does in the engine: before inflation too. */
  #collect(data: Buffer): LimitError | null {
    this.#fragmentsLength += data.length;
    if (this.#maxPayload > 0 && this.#fragmentsLength > this.#maxPayload && this.#fragments.length > 0) {
      this.#takeFragments();
      return new LimitError('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
    }
    this.#fragments.push(data);
    return null;
  }

  #takeFragments(): Buffer {
    const fragments = this.#fragments;
    this.#fragments = [];
    this.#fragmentsLength = 0;
    return fragments.length === 1 ? fragments[0] : Buffer.concat(fragments);
  }
}

interface CompressJob {
  readonly payload: Buffer;
  readonly fin: boolean;
  readonly callback: PerMessageDeflateCallback;
}

interface Settled {
  readonly parameters: PerMessageDeflateParameters;
  readonly header: PerMessageDeflateHeader;
}

/** The engine has judged the values: those that there are, are window bits. The names are the RFC's. */
function headerOf({ parameters }: ExtensionOffer): PerMessageDeflateHeader {
  return Object.fromEntries(parameters.map(({ name, value }) => [name, value === true || Number(value)]));
}
