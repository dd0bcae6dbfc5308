/**
 * Target: the engine's input side, both roles, with and without permessage-deflate, in every mode. The first
 * octet of an input chooses the configuration, the rest is what the peer sends.
 */
import { Buffer } from 'node:buffer';
import { EnginePool } from '../src/protocol/engine-pool.js';
import { errorCatalogue, LimitError, ProtocolError } from '../src/protocol/errors.js';
import type { MessageMode } from '../src/protocol/message-receiver.js';
import type { ProtocolHandler } from '../src/protocol/protocol-handler.js';
import type { ProtocolOptions } from '../src/protocol/protocol-options.js';
import { WebSocketProtocol } from '../src/protocol/websocket-protocol.js';
import type { Random } from './random.js';
import { cutAtRandom, cuts, type FuzzTarget, invariant } from './target.js';

/** One for all: what an input leaves in what its engine gives back would show in the next. */
const pool = new EnginePool();

/** The decoder target. */
export const decoder: FuzzTarget = {
  name: 'decoder',
  fixedExecutions: 250_000,
  maxLength: 2_000,
  dictionary: [
    Buffer.from('818537fa213d7f9f4d5158', 'hex'),
    Buffer.from('810548656c6c6f', 'hex'),
    Buffer.from('c107f248cdc9c90700', 'hex'),
    Buffer.from('888237fa213d3412', 'hex'),
    Buffer.from('880203e8', 'hex'),
    Buffer.from('898037fa213d', 'hex'),
    Buffer.from('8a00', 'hex'),
    Buffer.from('018037fa213d', 'hex'),
    Buffer.from('0100', 'hex'),
    Buffer.from('808037fa213d', 'hex'),
    Buffer.from('8000', 'hex'),
    Buffer.from('82fe007e00000000', 'hex'),
    Buffer.from('827f0000000000010000', 'hex'),
    Buffer.from('82ff001fffffffffffff00000000', 'hex'),
    Buffer.from('e282ac', 'hex'),
    Buffer.from('f09f9880', 'hex'),
  ],
  run: runDecoder,
};

const modes: readonly MessageMode[] = ['whole', 'whole', 'fragments', 'streaming'];

function runDecoder(input: Buffer, random: Random): string {
  const configuration = configurationOf(input.length > 0 ? input[0] : 0);
  const bytes = input.subarray(1);
  let expected: Trace | undefined;
  for (const chunks of cuts(bytes, random)) {
    const trace = traceOf(chunks, configuration, null);
    expected ??= trace;
    compare(trace, expected);
  }
  // What a gate holds back comes later, but comes in the same order.
  compare(traceOf(cutAtRandom(bytes, random), configuration, random), expected as Trace);
  return [input[0] & 0x3f, ...(expected as Trace).events.map(kindOf)].join(' ');
}

interface Configuration {
  options: Omit<ProtocolOptions, 'nextMaskingKey'>;
  mode: MessageMode;
}

function configurationOf(octet: number): Configuration {
  return {
    mode: modes[(octet >> 2) & 3],
    options: {
      role: (octet & 1) === 0 ? 'server' : 'client',
      perMessageDeflate: (octet & 2) !== 0,
      ...((octet & 0x10) !== 0 && { maxPayload: 64, maxFragments: 4 }),
      skipUTF8Validation: (octet & 0x20) !== 0,
    },
  };
}

interface Trace {
  events: string[];
  output: string;
}

function compare(trace: Trace, expected: Trace): void {
  const told = trace.events.join('\n');
  invariant(
    told === expected.events.join('\n'),
    () => `cut changes events:\n${told}\n\n${expected.events.join('\n')}`,
  );
  invariant(
    trace.output === expected.output,
    () => `cut changes output: ${trace.output}, ${expected.output}`,
  );
}

function kindOf(event: string): string {
  return event.startsWith('failed') ? event : event.slice(0, event.indexOf(' '));
}

/** Feeds a new engine; with `random` the gate is moved between reads, and open in the end. */
function traceOf(chunks: readonly Buffer[], { options, mode }: Configuration, random: Random | null): Trace {
  const handler = new Tracer();
  let keys = 0;
  const nextMaskingKey = (target: Buffer, offset: number): void => {
    target.writeUInt32BE(++keys, offset);
  };
  const protocol = new WebSocketProtocol(handler, { ...options, nextMaskingKey, pool });
  protocol.messageMode = mode;
  if (random !== null) handler.onCompressed = () => protocol.setGate('control');
  for (const chunk of chunks) {
    if (random?.oneIn(3)) protocol.setGate(random.pick(['open', 'no-data', 'control', 'shut']));
    protocol.receive(chunk);
  }
  handler.onCompressed = () => {};
  protocol.setGate('open');
  protocol.receiveEnd();
  const output = Buffer.concat(handler.output);
  checkOutput(output, options.role === 'client');
  checkEvents(handler.settle());
  return { events: handler.events, output: output.toString('hex') };
}

/** Nothing follows the end, and the end is told exactly once. */
function checkEvents(events: readonly string[]): void {
  const end = events.indexOf('closable ');
  invariant(end === events.length - 1, () => `events after the end: ${events.join(', ')}`);
}

/** Answers are whole, correct frames: pongs, and at most one close frame, which is the last. */
function checkOutput(output: Buffer, masked: boolean): void {
  for (let at = 0; at < output.length; ) {
    const head = output[at];
    const length = output[at + 1] & 0x7f;
    invariant(head === 0x8a || head === 0x88, () => `answered with the frame ${head}`);
    invariant(output[at + 1] >= 0x80 === masked && length <= 125, () => 'answered with a wrong header');
    at += 2 + (masked ? 4 : 0) + length;
    invariant(at <= output.length, () => 'answered with half a frame');
    invariant(head === 0x8a || at === output.length, () => 'wrote after the close frame');
  }
}

class Tracer implements ProtocolHandler {
  readonly events: string[] = [];
  readonly output: Buffer[] = [];
  onCompressed: () => void = () => {};
  private data = '';

  write(bytes: Buffer, payload?: Buffer): boolean {
    this.output.push(Buffer.from(bytes));
    if (payload !== undefined) this.output.push(payload);
    return true;
  }

  message(payload: Buffer, isBinary: boolean): void {
    this.tell(`${isBinary ? 'binary' : 'text'} ${payload.toString('hex')}`);
  }

  fragments(fragments: Buffer[]): void {
    this.tell(`fragments ${fragments.map((fragment) => fragment.toString('hex')).join()}`);
  }

  compressedMessage(payload: Buffer, isBinary: boolean): void {
    this.tell(`compressed-${isBinary ? 'binary' : 'text'} ${payload.toString('hex')}`);
    this.onCompressed();
  }

  messageStart(isBinary: boolean, compressed: boolean): void {
    this.tell(`start ${isBinary} ${compressed}`);
  }

  messageData(piece: Buffer): void {
    this.data += piece.toString('hex');
  }

  messageEnd(): void {
    this.tell('end ');
  }

  ping(payload: Buffer): void {
    this.tell(`ping ${payload.toString('hex')}`);
  }

  pong(payload: Buffer): void {
    this.tell(`pong ${payload.toString('hex')}`);
  }

  close(code: number, reason: Buffer): void {
    this.tell(`close ${code} ${reason.toString('hex')}`);
  }

  failed(error: ProtocolError | LimitError): void {
    const isDocumented = error instanceof ProtocolError || error instanceof LimitError;
    invariant(
      isDocumented && Object.hasOwn(errorCatalogue, error.code),
      () => `undocumented: ${String(error)}`,
    );
    this.tell(`failed ${error.code} ${error.closeCode}`);
  }

  closable(): void {
    this.tell('closable ');
  }

  /** Events with the pieces of a streamed message joined, since they depend on the cut. */
  settle(): string[] {
    if (this.data !== '') this.events.push(`data ${this.data}`);
    this.data = '';
    return this.events;
  }

  private tell(event: string): void {
    this.settle();
    this.events.push(event);
  }
}
