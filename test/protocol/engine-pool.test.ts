import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EnginePool } from '../../src/protocol/engine-pool.js';
import type { WebSocketProtocol } from '../../src/protocol/websocket-protocol.js';
import type { RawFrame } from './raw-frame.js';
import { engine, fromPeer, RecordingHandler } from './recording-handler.js';

const payload = (text: string) => Buffer.from(text);
const whole = (text: string): RawFrame => ({ opcode: 1, payload: payload(text) });
const first = (text: string): RawFrame => ({ opcode: 1, fin: false, payload: payload(text) });
const last = (text: string): RawFrame => ({ opcode: 0, payload: payload(text) });
const ping: RawFrame = { opcode: 9, payload: payload('here?') };
const close: RawFrame = { opcode: 8, payload: Buffer.from([3, 232]) };
const broken: RawFrame = { opcode: 3, payload: payload('reserved') };

/** What peers send: conversations that end well, break off, and break rules. */
const conversations: readonly RawFrame[][] = [
  [whole('a'), ping, whole('b'), close],
  [first('a'), ping, last('b'), whole('c')],
  [whole('é'.repeat(40)), first('x'), close],
  [first('x'), broken],
  [{ opcode: 1, payload: Buffer.from([0xff]) }, whole('never')],
  [first('x'), { opcode: 0, fin: false, payload: Buffer.from([0xe2]) }, close],
];

interface Peer {
  readonly handler: RecordingHandler;
  readonly protocol: WebSocketProtocol;
  rest: Buffer;
}

function peerOf(pool: EnginePool, frames: RawFrame[]): Peer {
  const handler = new RecordingHandler();
  return { handler, protocol: engine('server', { pool })(handler), rest: fromPeer('server', ...frames) };
}

function feed(peer: Peer, count: number): void {
  peer.protocol.receive(Buffer.from(peer.rest.subarray(0, count)));
  peer.rest = peer.rest.subarray(count);
}

describe('engines that share a pool', () => {
  it('decode and answer as each would alone, however their bytes are interleaved', () => {
    const four = { minLength: 4, maxLength: 4 };
    const turns = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.integer({ min: 1, max: 20 })), { maxLength: 60 });
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...conversations), four), turns, (chosen, order) => {
        const pool = new EnginePool();
        const shared = chosen.map((frames) => peerOf(pool, frames));
        for (const [index, count] of order) feed(shared[index] as Peer, count);
        for (const peer of shared) feed(peer, peer.rest.length);
        for (const [index, { handler }] of shared.entries()) {
          const alone = peerOf(new EnginePool(), chosen[index] as RawFrame[]);
          feed(alone, alone.rest.length);
          expect(handler.settle()).toEqual(alone.handler.settle());
          expect(handler.output).toEqual(alone.handler.output);
        }
      }),
      { seed: 6455, numRuns: 400 },
    );
  });

  it('do not mix what they hold back', () => {
    const pool = new EnginePool();
    const [one, two] = [peerOf(pool, []), peerOf(pool, [])];
    one.protocol.cork();
    two.protocol.cork();
    one.protocol.send('from one', false);
    two.protocol.send('from two', false);
    expect([one.handler.writes, two.handler.writes]).toEqual([[], []]);
    two.protocol.uncork();
    one.protocol.uncork();
    expect(one.handler.output.toString('latin1')).toBe('\x81\x08from one');
    expect(two.handler.output.toString('latin1')).toBe('\x81\x08from two');
  });

  it('copy what their role copies, whoever had the encoder before', () => {
    const pool = new EnginePool();
    const pieces = (['client', 'server', 'client'] as const).map((role) => {
      const handler = new RecordingHandler();
      engine(role, { pool })(handler).send(Buffer.alloc(5000), true);
      return handler.writes.map(({ length }) => length);
    });
    // A client masks a copy, a server hands over the caller's bytes behind the header.
    expect(pieces).toEqual([[5008], [4, 5000], [5008]]);
  });

  it('do not get an encoder whose frame is still being handed over', () => {
    const pool = new EnginePool();
    const [full, other] = [peerOf(pool, []), peerOf(pool, [])];
    const held: Buffer[] = [];
    // As a driver does whose transport fills up: within `write` it tells so, and writes what was corked.
    full.handler.write = (bytes) => {
      held.push(bytes);
      if (held.length > 1) return false;
      full.protocol.cork();
      full.protocol.setOutputBlocked(true);
      full.protocol.uncork();
      return false;
    };
    full.protocol.cork();
    full.protocol.send('x'.repeat(3000), false);
    full.protocol.uncork();
    for (let count = 0; count < 3; count++) other.protocol.send('y'.repeat(3000), false);
    expect(held.map((bytes) => bytes.toString('latin1'))).toEqual([`\x81\x7e\x0b\xb8${'x'.repeat(3000)}`]);
  });

  it('do not get an encoder that goes on after it has handed something over', () => {
    const pool = new EnginePool();
    const [one, two] = [peerOf(pool, []), peerOf(pool, [])];
    one.handler.onEvent = () => {};
    const { write } = one.handler;
    one.handler.write = (bytes, payload) => {
      one.handler.write = write;
      one.protocol.uncork();
      two.protocol.cork();
      two.protocol.send('of two', false);
      return write.call(one.handler, bytes, payload);
    };
    one.protocol.cork();
    // The last does not fit into what leaves in one piece.
    for (let count = 0; count < 17; count++) one.protocol.send(Buffer.alloc(4000, 'a'), true);
    one.protocol.uncork();
    two.protocol.uncork();
    expect(one.handler.output.length).toBe(17 * 4004);
    expect(two.handler.output.toString('latin1')).toBe('\x81\x06of two');
  });

  it('whose output is blocked keep no slab for a small frame, whoever had the encoder before', () => {
    const pool = new EnginePool();
    const [free, blocked] = [peerOf(pool, []), peerOf(pool, [])];
    let block: unknown;
    free.handler.write = (bytes) => {
      block = bytes.buffer;
      return true;
    };
    free.protocol.send('a', false);
    const held: Buffer[] = [];
    blocked.handler.write = (bytes) => {
      held.push(bytes);
      return false;
    };
    blocked.protocol.setOutputBlocked(true);
    blocked.protocol.send('b', false);
    for (let count = 0; count < 3; count++) free.protocol.send('c', false);
    expect(held.map((bytes) => bytes.toString('latin1'))).toEqual(['\x81\x01b']);
    // A copy: slabs are parts of one block.
    expect(held[0]?.buffer).not.toBe(block);
  });

  it('keep nothing in the pool of a connection that is gone', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const pool = new EnginePool();
    const gone = new WeakRef(converse(pool));
    // A WeakRef holds until the turn is over.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    expect(gone.deref()).toBeUndefined();
    expect(peerOf(pool, []).protocol.canSend).toBe(true);
  });
});

/** Leaves a decoder and an encoder in the pool; returns the handler that they served. */
function converse(pool: EnginePool): object {
  const peer = peerOf(pool, [whole('a'), ping]);
  feed(peer, peer.rest.length);
  peer.protocol.send('b', false);
  expect(peer.handler.settle()).toEqual(['text "a"', expect.stringMatching(/^ping/)]);
  return peer.handler;
}
