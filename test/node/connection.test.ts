import { once } from 'node:events';
import { createDeflateRaw, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Hold } from '../../src/node/hold.js';
import { ManualClock } from '../client/manual-clock.js';
import { connected, RecordingDuplex, startOn, turn, uncaught } from './connected.js';
import { maskedFrame, parseFrames } from './raw-frames.js';

const TEXT = 0x81;
const BINARY = 0x82;
const CLOSE = 0x88;
const PING = 0x89;
const PONG = 0x8a;

const normal = Buffer.from([0x03, 0xe8]);
const text = { isBinary: false, compress: true, fin: true };

/** What `deflateRawSync` makes, as a message of permessage-deflate. */
function deflated(payload: Buffer): Buffer {
  return deflateRawSync(payload, { finishFlush: 2 }).subarray(0, -4);
}

const agreement = {
  deflate: { windowBits: 15, contextTakeover: false },
  inflate: { windowBits: 15, contextTakeover: false, maxPayload: 0 },
  threshold: 0,
};

describe('head', () => {
  it('is read before what follows', async () => {
    const { owner, far } = await connected({ head: maskedFrame(TEXT, 'first') });
    far.write(maskedFrame(TEXT, 'second'));
    await owner.until('text second');
    expect(owner.events).toEqual(['text first', 'text second']);
  });
});

describe('a listener that throws', () => {
  it.each([
    ['message', maskedFrame(TEXT, 'x'), 'text x'],
    ['ping', maskedFrame(PING, 'x'), 'ping x'],
    ['pong', maskedFrame(PONG, 'x'), 'pong x'],
  ])('of %s is an uncaught exception, and decoding goes on', async (_name, frame, event) => {
    const { owner, far } = await connected();
    owner.heard = (heard) => {
      if (heard === event) throw new Error(heard);
    };
    const errors = await uncaught(() => {
      far.write(Buffer.concat([frame, maskedFrame(TEXT, 'next')]));
    });
    expect(errors).toEqual([expect.objectContaining({ message: event })]);
    await owner.until('text next');
    expect(owner.events).toEqual([event, 'text next']);
  });

  it('of error does not keep the connection from closing', async () => {
    const { owner, far } = await connected();
    far.on('end', () => far.end());
    owner.heard = (heard) => {
      if (heard.startsWith('error')) throw new Error('in listener');
    };
    const errors = await uncaught(() => void far.write(maskedFrame(0x83)));
    expect(errors).toHaveLength(1);
    await owner.until('close');
    expect(owner.events).toEqual(['error WS_ERR_INVALID_OPCODE', 'close 1006']);
  });

  it('as a callback of what is queued does not keep the connection from closing', async () => {
    const { owner, connection } = await connected({ agreement });
    const errors = await uncaught(() => {
      for (const name of ['a', 'b']) {
        connection.outgoing.send(Buffer.alloc(100_000), text, () => {
          throw new Error(name);
        });
      }
      connection.terminate();
    }, 2);
    expect(errors.map((error) => (error as Error).message)).toEqual(['a', 'b']);
    await owner.until('close');
  });
});

describe('the closing handshake', () => {
  it('is answered with the same code and reason, and the socket ends', async () => {
    const { far, peer, owner } = await connected();
    far.write(maskedFrame(CLOSE, Buffer.concat([normal, Buffer.from('bye')])));
    await once(far, 'end');
    expect(peer.frames).toMatchObject([{ opcode: 8, payload: Buffer.concat([normal, Buffer.from('bye')]) }]);
    expect(owner.events).toEqual([]);
    far.end();
    await owner.until('close');
    expect(owner.events).toEqual(['close 1000 bye']);
  });

  it('that the peer starts is cut off after closeTimeout where its end stays open', async () => {
    const clock = new ManualClock();
    const { far, owner, near } = await connected({ clock, closeTimeout: 500 });
    far.write(maskedFrame(CLOSE, normal));
    await once(far, 'end');
    clock.advance(499);
    await turn();
    expect(near.destroyed).toBe(false);
    clock.advance(1);
    await owner.until('close');
    expect(owner.events).toEqual(['close 1000']);
  });

  it('that we start is cut off after closeTimeout, once', async () => {
    const clock = new ManualClock();
    const { connection, owner, peer } = await connected({ clock, closeTimeout: 500 });
    connection.startClose(4000, 'reason');
    await peer.received(1);
    clock.advance(300);
    connection.startClose(4001);
    clock.advance(200);
    await owner.until('close');
    expect(owner.events).toEqual(['close 1006']);
    expect(peer.frames).toMatchObject([
      { payload: Buffer.concat([Buffer.from([0x0f, 0xa0]), Buffer.from('reason')]) },
    ]);
    expect(clock.pending).toBe(0);
  });

  it('after a failure is cut off where the end of the peer stays open', async () => {
    const clock = new ManualClock();
    const { far, owner, peer } = await connected({ clock });
    far.write(maskedFrame(0x83));
    await once(far, 'end');
    expect(peer.frames).toMatchObject([{ opcode: 8, payload: Buffer.from([0x03, 0xea]) }]);
    expect(owner.events).toEqual(['error WS_ERR_INVALID_OPCODE']);
    clock.advance(30_000);
    await owner.until('close');
  });

  it('an invalid code or reason is thrown and changes nothing', async () => {
    const { connection } = await connected();
    const code = (wanted: string) => expect.objectContaining({ code: wanted });
    expect(() => connection.startClose(1005)).toThrow(code('WS_ERR_INVALID_ARGUMENT'));
    expect(() => connection.startClose(1000, 'x'.repeat(124))).toThrow(code('WS_ERR_CONTROL_DATA_TOO_LONG'));
    expect(connection.closing).toBe(false);
  });

  it('lets what the peer did not read yet reach it', async () => {
    const { connection, far, peer, owner } = await connected();
    far.pause();
    const size = 16 * 1024 * 1024;
    connection.outgoing.send(Buffer.alloc(size), text, undefined);
    connection.outgoing.send('second', text, undefined);
    await turn();
    connection.outgoing.send('third', text, undefined);
    far.write(maskedFrame(CLOSE, normal));
    while (!connection.closing) await turn();
    far.resume();
    const frames = await peer.received(4);
    expect(frames.map(({ opcode, payload }) => [opcode, payload.length])).toEqual([
      [1, size],
      [1, 6],
      [1, 5],
      [8, 2],
    ]);
    far.end();
    await owner.until('close');
    expect(owner.events).toEqual(['close 1000']);
  });

  it('waits for messages that are being compressed before it answers the peer', async () => {
    const { connection, far, peer } = await connected({ agreement });
    connection.outgoing.send(Buffer.alloc(1_000_000), text, undefined);
    connection.outgoing.send('second', text, undefined);
    far.write(maskedFrame(CLOSE, normal));
    const frames = await peer.received(3);
    expect(frames.map(({ opcode }) => opcode)).toEqual([1, 1, 8]);
    expect(frames[2].payload).toEqual(normal);
  });
});

describe('holding back', () => {
  it('pause holds everything, pings too, and resume goes on', async () => {
    const { connection, far, near, owner } = await connected();
    connection.hold(Hold.USER);
    far.write(Buffer.concat([maskedFrame(PING, 'p'), maskedFrame(TEXT, 'm')]));
    for (let round = 0; round < 5; round++) await turn();
    expect(near.isPaused()).toBe(true);
    expect(owner.events).toEqual([]);
    connection.release(Hold.USER);
    await owner.until('text m');
    expect(owner.events).toEqual(['ping p', 'text m']);
  });

  it('several reasons hold until the last is gone', async () => {
    const { connection, far, owner } = await connected();
    connection.hold(Hold.USER);
    connection.hold(Hold.CONSUMER);
    far.write(maskedFrame(TEXT, 'm'));
    connection.release(Hold.USER);
    for (let round = 0; round < 5; round++) await turn();
    expect(owner.events).toEqual([]);
    connection.release(Hold.CONSUMER);
    await owner.until('text m');
  });

  it('pause in the listener of a message holds the next of the same read', async () => {
    const { connection, far, owner } = await connected();
    owner.heard = () => connection.hold(Hold.USER);
    far.write(Buffer.concat([maskedFrame(TEXT, 'one'), maskedFrame(TEXT, 'two')]));
    await owner.until('text one');
    for (let round = 0; round < 5; round++) await turn();
    expect(owner.events).toEqual(['text one']);
    connection.release(Hold.USER);
    await owner.until('text two');
  });

  it('bounds what is read meanwhile', async () => {
    const { connection, far, near } = await connected();
    connection.hold(Hold.USER);
    far.write(maskedFrame(BINARY, Buffer.alloc(60_000)).subarray(0, 100));
    far.write(Buffer.alloc(16 * 1024 * 1024));
    for (let round = 0; round < 20; round++) await turn();
    expect(near.bytesRead).toBeLessThan(200_000);
  });

  it('terminate ends a paused connection', async () => {
    const { connection, owner } = await connected();
    connection.hold(Hold.USER);
    connection.terminate();
    await owner.until('close');
  });
});

describe('compressed messages', () => {
  const large = Buffer.alloc(2_000_000, 'large ');

  it('are delivered in order with those that are not, and pings overtake', async () => {
    const { far, owner } = await connected({ agreement });
    const small = Buffer.from('small');
    const frame = maskedFrame(0xc2, deflated(large));
    far.write(
      Buffer.concat([
        frame,
        maskedFrame(PING, 'p'),
        maskedFrame(0xc1, deflated(small)),
        maskedFrame(TEXT, 'plain'),
      ]),
    );
    await owner.until('text plain');
    expect(owner.events.filter((event) => !event.startsWith('ping'))).toEqual([
      'binary 2000000',
      'text small',
      'text plain',
    ]);
    expect(owner.events).toContain('ping p');
  });

  it('are delivered although the peer has gone meanwhile', async () => {
    const { far, owner } = await connected({ agreement });
    far.end(Buffer.concat([maskedFrame(0xc2, deflated(large)), maskedFrame(CLOSE, normal)]));
    await owner.until('close');
    expect(owner.events).toEqual(['binary 2000000', 'close 1000']);
  });

  it('that are corrupt fail with 1007, whatever waits behind them', async () => {
    const { far, owner, peer } = await connected({ agreement });
    far.on('end', () => far.end());
    far.write(Buffer.concat([maskedFrame(0xc2, Buffer.from([0xff, 0xff])), maskedFrame(TEXT, 'late')]));
    await owner.until('close');
    expect(owner.events).toEqual(['error WS_ERR_INVALID_DEFLATE_DATA', 'close 1006']);
    expect(peer.frames).toMatchObject([{ payload: Buffer.from([0x03, 0xef]) }]);
  });

  it('of text that is no UTF-8 fail with 1007', async () => {
    const { far, owner, peer } = await connected({ agreement });
    far.write(maskedFrame(0xc1, deflated(Buffer.from([0xff]))));
    await once(far, 'end');
    expect(owner.events).toEqual(['error WS_ERR_INVALID_UTF8']);
    expect(peer.frames).toMatchObject([{ payload: Buffer.from([0x03, 0xef]) }]);
  });

  it('leave no job behind when the connection dies', async () => {
    const { far, owner, connection } = await connected({ agreement });
    far.write(maskedFrame(0xc2, deflated(large)));
    while (!connection.isHeld(Hold.INFLATION)) await turn();
    connection.terminate();
    await owner.until('close');
    expect(owner.events).toEqual(['close 1006']);
    // The pool is free: another job gets its turn.
    await new Promise((resolve) => createDeflateRaw().end('x').resume().on('end', resolve));
    expect(owner.events).toEqual(['close 1006']);
  });
});

describe('a peer that never reads', () => {
  it('and sends pings gets the pongs of one read and then the newest, and costs no more memory', async () => {
    const socket = new RecordingDuplex();
    const { connection, owner } = startOn(socket);
    socket.stall = true;
    connection.outgoing.send('fills', text, undefined);
    await turn();
    const ping = async (round: number) => {
      socket.push(
        Buffer.concat(Array.from({ length: 100 }, (_, index) => maskedFrame(PING, `${round}.${index}`))),
      );
      await turn();
    };
    await ping(0);
    const before = connection.outgoing.bufferedAmount;
    for (let round = 1; round < 100; round++) await ping(round);
    expect(owner.events).toHaveLength(10_000);
    expect(connection.outgoing.bufferedAmount).toBe(before);
    socket.stall = false;
    socket.proceed();
    while (parseFrames(socket.bytes).length < 102) await turn();
    expect(parseFrames(socket.bytes).map(({ payload }) => String(payload))).toEqual([
      'fills',
      ...Array.from({ length: 100 }, (_, index) => `0.${index}`),
      '99.99',
    ]);
  });
});

it('a client masks what it sends and refuses what is masked', async () => {
  const { connection, far, near, owner } = await connected({ role: 'client' });
  const bytes = once(far, 'data');
  connection.outgoing.send('hi', text, undefined);
  const [frame] = (await bytes) as [Buffer];
  expect(frame.length).toBe(8);
  expect(frame[1]).toBe(0x82);
  far.write(maskedFrame(TEXT, 'x'));
  await owner.until('error');
  expect(owner.events[0]).toBe('error WS_ERR_UNEXPECTED_MASK');
  near.destroy();
});

it('closedError tells who closed, and with what', async () => {
  const { connection, far, owner } = await connected();
  connection.startClose(4000);
  far.end(maskedFrame(CLOSE, Buffer.concat([normal, Buffer.from('why')])));
  await owner.until('close');
  expect(connection.closedError()).toMatchObject({
    code: 'WS_ERR_CONNECTION_CLOSED',
    receivedCode: 1000,
    receivedReason: 'why',
    sentCode: 4000,
    closedFirst: 'us',
  });
});
