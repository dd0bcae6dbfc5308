/**
 * RFC 6455 §5–§7 once more, as slowly and plainly as possible: looks at the whole input at once, again from
 * the start for every frame, and says what an engine must tell and answer. Shares nothing with the engine.
 */
import { closePayload, type RawFrame, type ReadFrame, rawFrame } from './raw-frame.js';
import { fromUs, type Role, words } from './recording-handler.js';
import { isUtf8ByGrammar, isUtf8PrefixByGrammar } from './utf8-sequences.js';

/** What the reference knows of a connection. */
export interface ReferenceOptions {
  role: Role;
  perMessageDeflate?: boolean;
  maxPayload?: number;
  maxFragments?: number;
}

/** What an engine must tell and answer for `input`, in the words of `RecordingHandler`. */
export function expectedOf(input: Buffer, options: ReferenceOptions): { events: string[]; output: string } {
  const events: string[] = [];
  const answers: RawFrame[] = [];
  const finish = (error: string | null) => {
    if (error !== null) {
      events.push(`failed ${error}`, 'closable');
      answers.push({ opcode: 8, payload: closePayload(Number(error.slice(-4))) });
    }
    return { events, output: words(fromUs(options.role, ...answers)) };
  };

  let message: ReadFrame[] = [];
  for (let rest = input; rest.length >= 2; ) {
    const error = errorOfOpening(rest, message, options);
    if (error !== null) return finish(error);
    const header = headerOf(rest);
    if (header === null) return finish(null);
    const isControl = header.opcode >= 8;
    const tooMuch = errorOfLength(header, isControl ? [] : message, options);
    if (tooMuch !== null) return finish(tooMuch);

    const { frame, isWhole } = frameOf(rest, header);
    if (!isControl) {
      message = [...message, frame];
      if (!isTextSoFar(message, isWhole)) return finish('WS_ERR_INVALID_UTF8 1007');
    }
    if (!isWhole) return finish(null);
    rest = rest.subarray(header.headerLength + frame.payload.length);

    if (!isControl && frame.fin) {
      events.push(describeMessage(message));
      message = [];
    } else if (frame.opcode === 9) {
      events.push(`ping ${words(frame.payload)}`.trimEnd());
      answers.push({ opcode: 10, payload: frame.payload });
    } else if (frame.opcode === 10) {
      events.push(`pong ${words(frame.payload)}`.trimEnd());
    } else if (frame.opcode === 8) {
      const refused = errorOfClose(frame.payload);
      if (refused !== null) return finish(refused);
      const code = frame.payload.length === 0 ? 1005 : frame.payload[0] * 256 + frame.payload[1];
      events.push(`close ${code} ${frame.payload.subarray(2).toString()}`.trimEnd(), 'closable');
      answers.push({ opcode: 8, payload: frame.payload });
      return finish(null);
    }
  }
  return finish(null);
}

/** What the first two octets break. */
function errorOfOpening(bytes: Buffer, message: ReadFrame[], options: ReferenceOptions): string | null {
  const bits = bytes.readUInt16BE(0).toString(2).padStart(16, '0');
  const [fin, rsv1, rsv2, rsv3] = bits;
  const opcode = Number.parseInt(bits.slice(4, 8), 2);
  const masked = bits[8];
  const length = Number.parseInt(bits.slice(9), 2);
  if (rsv2 === '1' || rsv3 === '1') return 'WS_ERR_UNEXPECTED_RSV_2_3 1002';
  if (rsv1 === '1' && options.perMessageDeflate !== true) return 'WS_ERR_UNEXPECTED_RSV_1 1002';
  if ([8, 9, 10].includes(opcode)) {
    if (fin === '0') return 'WS_ERR_EXPECTED_FIN 1002';
    if (rsv1 === '1') return 'WS_ERR_UNEXPECTED_RSV_1 1002';
    if (length > 125) return 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH 1002';
    if (opcode === 8 && length === 1) return 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH 1002';
  } else {
    if (rsv1 === '1' && opcode === 0) return 'WS_ERR_UNEXPECTED_RSV_1 1002';
    if (![0, 1, 2].includes(opcode)) return 'WS_ERR_INVALID_OPCODE 1002';
    if ((opcode === 0) !== message.length > 0) return 'WS_ERR_INVALID_OPCODE 1002';
  }
  if (options.role === 'server' && masked === '0') return 'WS_ERR_EXPECTED_MASK 1002';
  if (options.role === 'client' && masked === '1') return 'WS_ERR_UNEXPECTED_MASK 1002';
  return null;
}

interface Header extends Omit<ReadFrame, 'payload'> {
  length: bigint;
  /** How many bits the length could have had. */
  needed: 7 | 16 | 64;
  used: 7 | 16 | 64;
}

function headerOf(bytes: Buffer): Header | null {
  const short = bytes[1] & 127;
  const used = short === 127 ? 64 : short === 126 ? 16 : 7;
  const masked = bytes[1] >= 128;
  const headerLength = { 7: 2, 16: 4, 64: 10 }[used] + (masked ? 4 : 0);
  if (bytes.length < headerLength) return null;
  let length = BigInt(short);
  if (used !== 7)
    length = [...bytes.subarray(2, used === 16 ? 4 : 10)].reduce(
      (sum, octet) => sum * 256n + BigInt(octet),
      0n,
    );
  const needed = length > 65535n ? 64 : length > 125n ? 16 : 7;
  const opcode = bytes[0] & 15;
  return {
    fin: bytes[0] >= 128,
    rsv: (bytes[0] >> 4) & 7,
    opcode,
    masked,
    headerLength,
    length,
    needed,
    used,
  };
}

function errorOfLength(header: Header, message: ReadFrame[], options: ReferenceOptions): string | null {
  const { length, needed, used } = header;
  if (needed !== used || length >= 1n << 63n) return 'WS_ERR_INVALID_PAYLOAD_LENGTH_ENCODING 1002';
  if (length >= 1n << 53n) return 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH 1009';
  if (header.opcode >= 8) return null;
  const total = message.reduce((sum, { payload }) => sum + payload.length, Number(length));
  if (total > (options.maxPayload ?? 104_857_600)) return 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH 1009';
  if (message.length + 1 > (options.maxFragments ?? 131_072)) return 'WS_ERR_TOO_MANY_BUFFERED_PARTS 1008';
  return null;
}

/** The frame with as much of its payload as has come. */
function frameOf(bytes: Buffer, header: Header): { frame: ReadFrame; isWhole: boolean } {
  const available = bytes.length - header.headerLength;
  const isWhole = header.length <= BigInt(available);
  const end = header.headerLength + (isWhole ? Number(header.length) : available);
  const raw = bytes.subarray(header.headerLength, end);
  const key = bytes.subarray(header.headerLength - 4, header.headerLength);
  const payload = header.masked ? Buffer.from(raw.map((octet, i) => octet ^ key[i % 4])) : raw;
  return { frame: { ...header, payload }, isWhole };
}

const joined = (message: ReadFrame[]): Buffer => Buffer.concat(message.map(({ payload }) => payload));

/** §8.1, as early as it can be known. */
function isTextSoFar(message: ReadFrame[], isWhole: boolean): boolean {
  const [first] = message;
  if (first.opcode !== 1 || first.rsv !== 0) return true;
  const isComplete = isWhole && message[message.length - 1].fin;
  return isComplete ? isUtf8ByGrammar(joined(message)) : isUtf8PrefixByGrammar(joined(message));
}

function describeMessage(message: ReadFrame[]): string {
  const [first] = message;
  const payload = joined(message);
  if (first.rsv !== 0) return `compressed ${first.opcode === 2 ? 'binary' : 'text'} ${words(payload)}`;
  if (first.opcode === 2) return `binary ${words(payload)}`;
  return `text ${payload.length <= 200 ? JSON.stringify(payload.toString()) : words(payload)}`;
}

/** §7.4. */
function errorOfClose(payload: Buffer): string | null {
  if (payload.length === 0) return null;
  const code = payload[0] * 256 + payload[1];
  const mayBeSent =
    (code >= 3000 && code <= 4999) || (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code));
  if (!mayBeSent) return 'WS_ERR_INVALID_CLOSE_CODE 1002';
  return isUtf8ByGrammar(payload.subarray(2)) ? null : 'WS_ERR_INVALID_UTF8 1007';
}

/** Frames as raw bytes. */
export function joinFrames(frames: readonly RawFrame[]): Buffer {
  return Buffer.concat(frames.map(rawFrame));
}
