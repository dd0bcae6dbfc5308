import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/node/clock.js';
import { Heartbeat } from '../../src/node/heartbeat.js';
import { Hold } from '../../src/node/hold.js';
import { ManualClock } from '../client/manual-clock.js';
import { connected, connectSockets, startOn, turn } from './connected.js';
import { maskedFrame, parseFrames } from './raw-frames.js';

const PONG = 0x8a;
const binary = { isBinary: true, compress: false, fin: true };
const settings = { interval: 25_000, timeout: 10_000 };
const gone = ['error WS_ERR_HEARTBEAT_TIMEOUT', 'close 1006'];

async function watched(options: { closeTimeout?: number } = {}) {
  const clock = new ManualClock();
  const heartbeat = new Heartbeat(settings, clock);
  return { clock, heartbeat, ...(await connected({ heartbeat, clock, ...options })) };
}

/** Time passes, a second at a time, as the heartbeat's own timer has it; the event loop turns meanwhile. */
async function pass(clock: ManualClock, milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 1000) {
    clock.advance(1000);
    // Twice: a peer is given up only after the event loop has had a look at its socket.
    await turn();
    await turn();
  }
}

/** Goes on in the phase of the event loop in which timers fire, as a heartbeat does. */
const timersPhase = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('a ping', () => {
  it('is sent after the interval without a received byte, not before', async () => {
    const { clock, peer, connection } = await watched();
    await pass(clock, 24_000);
    connection.outgoing.send('sentinel', binary, undefined);
    expect(await peer.received(1)).toMatchObject([{ opcode: 2 }]);
    await pass(clock, 1000);
    expect(await peer.received(2)).toMatchObject([{}, { opcode: 9 }]);
    expect(peer.frames[1].payload).toHaveLength(8);
  });

  it('is not sent while bytes come', async () => {
    const { clock, far, peer, owner, connection } = await watched();
    for (let round = 1; round <= 5; round++) {
      await pass(clock, 20_000);
      far.write(maskedFrame(0x81, String(round)));
      await owner.until(`text ${round}`);
    }
    connection.outgoing.send('sentinel', binary, undefined);
    expect(await peer.received(1)).toMatchObject([{ opcode: 2 }]);
  });

  it('that is answered is followed by the next after another interval', async () => {
    const { clock, far, peer, owner } = await watched();
    const payloads = new Set<string>();
    for (let round = 1; round <= 4; round++) {
      await pass(clock, 25_000);
      const frames = await peer.received(round);
      const { payload } = frames[round - 1];
      payloads.add(payload.toString('hex'));
      far.write(maskedFrame(PONG, payload));
      far.write(maskedFrame(0x81, `echo ${round}`));
      await owner.until(`text echo ${round}`);
    }
    expect(payloads.size).toBe(4);
    expect(owner.events).toEqual(['text echo 1', 'text echo 2', 'text echo 3', 'text echo 4']);
  });
});

describe('pongs', () => {
  it('of the heartbeat are kept from the user, those of the user are not', async () => {
    const { clock, far, peer, owner } = await watched();
    await pass(clock, 25_000);
    const [{ payload }] = await peer.received(1);
    const close = Buffer.from(payload);
    close[0] ^= 1;
    for (const pong of [payload, payload, Buffer.alloc(0), close, Buffer.concat([payload, payload])]) {
      far.write(maskedFrame(PONG, pong));
    }
    far.write(maskedFrame(0x81, 'end'));
    await owner.until('text end');
    expect(owner.events).toEqual([
      'pong ',
      `pong ${close}`,
      `pong ${Buffer.concat([payload, payload])}`,
      'text end',
    ]);
  });

  it('tell the latency', async () => {
    const { clock, near, far, peer, owner, connection } = await watched();
    expect(connection.latency).toBeUndefined();
    for (const [round, latency] of [40, 7].entries()) {
      const { bytesWritten } = near;
      while (near.bytesWritten === bytesWritten) await pass(clock, 1000);
      const frames = await peer.received(round + 1);
      clock.advance(latency);
      far.write(maskedFrame(PONG, frames[round].payload));
      far.write(maskedFrame(0x81, `end ${round}`));
      await owner.until(`text end ${round}`);
      expect(connection.latency).toBe(latency);
    }
  });
});

describe('a peer that is gone', () => {
  it('is destroyed with 1006 within interval and timeout', async () => {
    const { clock, peer, owner, near } = await watched();
    await pass(clock, 25_000);
    await peer.received(1);
    await pass(clock, 9000);
    expect(owner.events).toEqual([]);
    await pass(clock, 1000);
    await owner.until('close');
    expect(owner.events).toEqual(gone);
    expect(near.destroyed).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('is found although it answered before', async () => {
    const { clock, far, peer, owner } = await watched();
    await pass(clock, 25_000);
    far.write(maskedFrame(PONG, (await peer.received(1))[0].payload));
    await turn();
    await pass(clock, 36_000);
    await owner.until('close');
    expect(owner.events).toEqual(gone);
  });

  it('is found although its kernel keeps a full buffer and we send more and more', async () => {
    const { clock, far, owner, connection } = await watched();
    far.pause();
    connection.outgoing.send(Buffer.alloc(16 * 1024 * 1024), binary, undefined);
    let accepted = -1;
    while (accepted !== connection.acceptedBytes) {
      accepted = connection.acceptedBytes;
      await timersPhase();
    }
    for (let second = 0; second < 36; second++) {
      connection.outgoing.send('more', binary, undefined);
      await pass(clock, 1000);
    }
    expect(owner.events).toEqual(gone);
  });

  it('costs the others nothing: one timer for all', async () => {
    const clock = new ManualClock();
    const heartbeat = new Heartbeat(settings, clock);
    const all = [];
    for (let count = 0; count < 3; count++) all.push(await connected({ heartbeat, clock }));
    expect(clock.pending).toBe(1);
    await pass(clock, 25_000);
    const [dead, ...living] = all;
    for (const { far, peer } of living) far.write(maskedFrame(PONG, (await peer.received(1))[0].payload));
    await turn();
    await pass(clock, 10_000);
    expect(dead.owner.events).toEqual(gone);
    expect(living.flatMap(({ owner }) => owner.events)).toEqual([]);
    for (const { connection, owner } of living) {
      connection.terminate();
      await owner.until('close');
    }
    expect(clock.pending).toBe(0);
  });

  it('forgets those that go, in any order, and no others', async () => {
    const clock = new ManualClock();
    const heartbeat = new Heartbeat(settings, clock);
    const all = [];
    for (let count = 0; count < 5; count++) all.push(await connected({ heartbeat, clock }));
    // The last takes the place of the first, then goes itself; and so on.
    for (const index of [0, 4, 1]) {
      all[index].connection.terminate();
      await all[index].owner.until('close');
    }
    const rest = [all[2], all[3]];
    await pass(clock, 35_000);
    expect(rest.map(({ owner }) => owner.events)).toEqual([gone, gone]);
    expect(clock.pending).toBe(0);
  });
});

describe('reading that is paused by us', () => {
  it('for two minutes is not held against the peer', async () => {
    const { clock, far, owner, connection, peer } = await watched();
    connection.hold(Hold.USER);
    far.write(maskedFrame(0x81, 'waits'));
    await pass(clock, 120_000);
    expect(owner.events).toEqual([]);
    connection.release(Hold.USER);
    await owner.until('text waits');
    expect(peer.frames).toEqual([]);
  });

  it('stops both clocks, which start anew on resume', async () => {
    const { clock, owner, connection, peer } = await watched();
    await pass(clock, 25_000);
    await peer.received(1);
    await pass(clock, 5000);
    connection.hold(Hold.USER);
    await pass(clock, 120_000);
    connection.release(Hold.USER);
    await pass(clock, 23_000);
    expect(owner.events).toEqual([]);
    expect(peer.frames).toHaveLength(1);
    await pass(clock, 2000);
    expect(await peer.received(2)).toHaveLength(2);
    await pass(clock, 10_000);
    await owner.until('close');
    expect(owner.events).toEqual(gone);
  });
});

it('a pong that lies unread while this process is busy counts', async () => {
  const { clock, far, peer, owner } = await watched();
  await pass(clock, 25_000);
  const [{ payload }] = await peer.received(1);
  await timersPhase();
  far.write(maskedFrame(PONG, payload));
  clock.advance(60_000);
  await turn();
  await turn();
  far.write(maskedFrame(0x81, 'alive'));
  await owner.until('text alive');
  expect(owner.events).toEqual(['text alive']);
});

it('a closing connection is left alone', async () => {
  const { clock, owner, connection, peer } = await watched({ closeTimeout: 1e9 });
  connection.startClose(1000);
  await pass(clock, 120_000);
  expect(await peer.received(1)).toMatchObject([{ opcode: 8 }]);
  expect(peer.frames).toHaveLength(1);
  expect(owner.events).toEqual([]);
});

/** Reads so many bytes a millisecond, and answers pings when it comes to them. */
function readSlowly(far: Socket, rate: number): { bytes(): number } {
  const started = performance.now();
  let length = 0;
  let tail = Buffer.alloc(0);
  const read = () => {
    const allowed = rate * (performance.now() - started) - length;
    const size = Math.floor(Math.min(allowed, far.readableLength));
    const bytes = far.read(size) as Buffer | null;
    if (bytes !== null) {
      length += bytes.length;
      tail = Buffer.concat([tail, bytes]).subarray(-10);
      // The flood is zeroes: a ping is the one thing that is not, and the last.
      for (const { opcode, payload } of parseFrames(tail.subarray(tail.indexOf(0x89)))) {
        if (opcode === 9 && payload.length === 8) far.write(maskedFrame(PONG, payload));
      }
    }
    if (!far.destroyed) setTimeout(read, 1);
  };
  far.pause();
  read();
  return { bytes: () => length };
}

it('64 MiB sent to a throttled reader survive', async () => {
  const heartbeat = new Heartbeat({ interval: 100, timeout: 2000 }, systemClock);
  const { near, far } = await connectSockets();
  const size = 64 * 1024 * 1024;
  const { owner, connection } = startOn(near, { heartbeat });
  const started = performance.now();
  const reader = readSlowly(far, size / 2700);
  await new Promise((resolve) => connection.outgoing.send(Buffer.alloc(size), binary, resolve));
  while (reader.bytes() < size) await timersPhase();
  while (connection.latency === undefined) await timersPhase();
  expect(owner.events).toEqual(['drain']);
  // Longer than interval and timeout: a heartbeat that asked for its pong alone would have given up.
  expect(performance.now() - started).toBeGreaterThan(2100);
  connection.terminate();
});
