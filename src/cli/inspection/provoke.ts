/**
 * Sends what a page asked for: frames that its own `WebSocket` never sends or asks for, broken ones included. Judges
 * what it is given, since it comes from the network.
 */
import type { WebSocket } from 'hawser';
import { Opcode, writeFrameHeader } from 'hawser/protocol';
import type { BreakableRule } from './format.js';

const FIN = 0x80;
const RSV2 = 0x20;
/** More would not fit into what a page is shown. */
const maxFragments = 50;

/** Frames that no server may send (RFC 6455 §5). */
const broken: ReadonlyMap<string, () => Buffer> = new Map<BreakableRule, () => Buffer>([
  // §5.2: opcodes 0x3 to 0x7 are reserved.
  ['reserved-opcode', () => frame(FIN | 0x3, Buffer.from('opcode 0x3'))],
  // §5.2: a reserved bit that no extension defines.
  ['reserved-bit', () => frame(FIN | RSV2 | Opcode.TEXT, Buffer.from('RSV2 is set'))],
  // §5.1: a server must not mask. A key of zeros leaves the payload as it is.
  ['masked', () => frame(FIN | Opcode.TEXT, Buffer.from('masked by a server'), true)],
  // §8.1: a surrogate, which UTF-8 must not encode.
  ['invalid-utf8', () => frame(FIN | Opcode.TEXT, Buffer.of(0x68, 0x69, 0x20, 0xed, 0xa0, 0x80))],
  // §5.5: control frames carry at most 125 bytes.
  ['long-control', () => frame(FIN | Opcode.PING, Buffer.alloc(126, 'x'))],
  // §5.4: a continuation of nothing.
  ['lone-continuation', () => frame(FIN | Opcode.CONTINUATION, Buffer.from('of what?'))],
]);

function frame(head: number, payload: Buffer, masked = false): Buffer {
  const header = Buffer.alloc(14);
  const size = writeFrameHeader(header, 0, head, payload.length, masked);
  return Buffer.concat([header.subarray(0, size), payload]);
}

/** Thrown for what cannot be done; the message is for the person at the page. */
export class CommandRefused extends Error {}

/** Carries out an `InspectionCommand`. @throws CommandRefused, or what `socket` throws for wrong arguments */
export function provoke(socket: WebSocket, command: unknown): void {
  const given = (typeof command === 'object' && command !== null ? command : {}) as Record<string, unknown>;
  const action = typeof given.do === 'string' ? actions.get(given.do) : undefined;
  if (action === undefined) throw new CommandRefused('The command is unknown');
  action(socket, given);
}

type Action = (socket: WebSocket, given: Record<string, unknown>) => void;

/** By the `do` of an `InspectionCommand`. */
const actions = new Map<string, Action>([
  ['ping', (socket, { payload }) => socket.ping(text(payload))],
  ['pong', (socket, { payload }) => socket.pong(text(payload))],
  [
    'fragments',
    (socket, given) => sendFragments(socket, text(given.text), Number(given.count), given.ping === true),
  ],
  ['close', (socket, { code, reason }) => socket.close(Number(code), text(reason))],
  ['terminate', (socket) => socket.terminate()],
  ['break', (socket, { rule }) => sendBroken(socket, text(rule))],
]);

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** One message in `count` frames, with a ping between the first two if it is wanted, as §5.4 allows. */
function sendFragments(socket: WebSocket, message: string, count: number, ping: boolean): void {
  if (!(Number.isInteger(count) && count >= 2 && count <= maxFragments)) {
    throw new CommandRefused(`A message has from 2 to ${maxFragments} fragments`);
  }
  const characters = Array.from(message);
  for (let index = 0; index < count; index++) {
    const [start, end] = [index, index + 1].map((part) => Math.floor((part * characters.length) / count));
    socket.send(characters.slice(start, end).join(''), { fin: index === count - 1, compress: false });
    if (ping && index === 0) socket.ping('between two fragments');
  }
}

/** By the door that `ws` has for frames that are made already: nothing judges them. */
function sendBroken(socket: WebSocket, rule: string): void {
  const bytes = broken.get(rule)?.();
  if (bytes === undefined) throw new CommandRefused(`There is no rule "${rule}" to break`);
  (socket as unknown as { _sender: { sendFrame(frames: Buffer[]): void } })._sender.sendFrame([bytes]);
}
