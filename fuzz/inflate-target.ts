/**
 * Target: permessage-deflate's input side, whole messages (at once and on the thread pool) and streamed ones.
 * The first two octets choose the configuration; the rest is a series of compressed messages, each behind two
 * octets with its length.
 */
import { Buffer } from 'node:buffer';
import { type InflateError, MessageInflater } from '../src/node/message-inflater.js';
import { StreamingInflater } from '../src/node/streaming-inflater.js';
import { errorCatalogue, LimitError, ProtocolError } from '../src/protocol/errors.js';
import type { Random } from './random.js';
import { cutAtRandom, type FuzzTarget, invariant } from './target.js';

/** The inflate target. */
export const inflate: FuzzTarget = {
  name: 'inflate',
  fixedExecutions: 12_000,
  maxLength: 3_000,
  dictionary: [
    Buffer.from('0007f248cdc9c90700', 'hex'),
    Buffer.from('0005f200110000', 'hex'),
    Buffer.from('000b000500faff48656c6c6f00', 'hex'),
    Buffer.from('0008f348cdc9c9070000', 'hex'),
    Buffer.from('000cf24805000000ffffcac9c90700', 'hex'),
    Buffer.from('000100', 'hex'),
    Buffer.from('0000ffff', 'hex'),
    Buffer.from('0100', 'hex'),
    Buffer.from('0000', 'hex'),
    Buffer.from('010000ffff', 'hex'),
    Buffer.from('0300', 'hex'),
  ],
  run: runInflate,
};

interface Configuration {
  windowBits: number;
  contextTakeover: boolean;
  maxPayload: number;
}

/** How messages came out: one entry each, the last of them possibly an error. */
interface Outcome {
  messages: string[];
  error: InflateError | null;
}

const bounds = [0, 1, 5, 100, 4_096, 1_000_000];

async function runInflate(input: Buffer, random: Random): Promise<string> {
  const [first = 0, second = 0] = input;
  const configuration = {
    windowBits: 8 + (first & 7),
    contextTakeover: (first & 8) !== 0,
    maxPayload: bounds[second % bounds.length],
  };
  const messages = messagesOf(input.subarray(2));
  const atOnce = await inflateWhole(messages, {
    ...configuration,
    syncThreshold: 65_536,
    syncMaxOutput: 2 ** 30,
  });
  const onPool = await inflateWhole(messages, { ...configuration, syncThreshold: -1 });
  const byDefault = await inflateWhole(messages, configuration);
  const inPieces = await inflateStreamed(messages, configuration, (message) => cutAtRandom(message, random));
  for (const outcome of [onPool, byDefault, inPieces]) compare(outcome, atOnce);
  const lengths = atOnce.messages.map((message) => Math.min(3, message.length));
  return [first & 15, lengths.join(), atOnce.error?.message].join(' ');
}

function messagesOf(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at + 2 <= bytes.length && messages.length < 8; ) {
    const end = at + 2 + bytes.readUInt16BE(at);
    messages.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return messages;
}

function compare(outcome: Outcome, expected: Outcome): void {
  const count = Math.min(outcome.messages.length, expected.messages.length);
  for (let index = 0; index < count; index++) {
    invariant(outcome.messages[index] === expected.messages[index], () => `message ${index} differs`);
  }
  const isSame = outcome.messages.length === expected.messages.length;
  invariant(
    isSame,
    () => `another message fails: ${outcome.messages.length}, not ${expected.messages.length}`,
  );
  const [got, wanted] = [outcome.error, expected.error];
  // Of a message that is both too long and corrupt, zlib may tell either first.
  const isEither =
    got !== null && wanted !== null && (got instanceof LimitError || wanted instanceof LimitError);
  const isAsWanted = isEither || got?.code === wanted?.code;
  invariant(isAsWanted, () => `another error: ${got?.message}, not ${wanted?.message}`);
}

async function inflateWhole(
  messages: readonly Buffer[],
  options: ConstructorParameters<typeof MessageInflater>[0],
): Promise<Outcome> {
  const inflater = new MessageInflater(options);
  const outcome: Outcome = { messages: [], error: null };
  for (const payload of messages) {
    const message = await new Promise<Buffer | null>((resolve) => {
      inflater.inflate(Buffer.from(payload), (error, result) => {
        outcome.error = error;
        resolve(error === null ? result : null);
      });
    });
    if (message === null) break;
    outcome.messages.push(message.toString('latin1'));
    checkLength(message.length, options.maxPayload);
  }
  checkError(outcome.error);
  return outcome;
}

async function inflateStreamed(
  messages: readonly Buffer[],
  { windowBits, contextTakeover, maxPayload }: Configuration,
  piecesOf: (message: Buffer) => Buffer[],
): Promise<Outcome> {
  const { window } = new MessageInflater({ windowBits, contextTakeover, maxPayload });
  const outcome: Outcome = { messages: [], error: null };
  for (const payload of messages) {
    let message = '';
    const onData = (chunk: Buffer) => {
      message += chunk.toString('latin1');
    };
    const inflater = new StreamingInflater({ window, onData, maxMessageSize: maxPayload });
    outcome.error = await inflatePieces(inflater, piecesOf(payload));
    inflater.destroy();
    if (outcome.error !== null) break;
    outcome.messages.push(message);
    checkLength(message.length, maxPayload);
  }
  checkError(outcome.error);
  return outcome;
}

async function inflatePieces(inflater: StreamingInflater, pieces: Buffer[]): Promise<InflateError | null> {
  for (const piece of pieces) {
    const error = await new Promise<InflateError | null>((resolve) => inflater.write(piece, resolve));
    if (error !== null) return error;
  }
  return new Promise((resolve) => inflater.end(resolve));
}

function checkLength(length: number, maxPayload: number): void {
  invariant(maxPayload === 0 || length <= maxPayload, () => `${length} bytes are more than ${maxPayload}`);
}

function checkError(error: InflateError | null): void {
  if (error === null) return;
  const isDocumented = error instanceof ProtocolError || error instanceof LimitError;
  invariant(
    isDocumented && Object.hasOwn(errorCatalogue, error.code),
    () => `undocumented: ${String(error)}`,
  );
}
