import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../client/manual-clock.js';
import { connected, RecordingDuplex, startOn, turn } from './connected.js';
import { maskedFrame, parseFrames } from './raw-frames.js';

const TEXT = 0x81;
const CLOSE = 0x88;

const normal = Buffer.from([0x03, 0xe8]);
type Connected = Awaited<ReturnType<typeof connected>>;

describe('the end comes exactly once', () => {
  it.each<[name: string, (connection: Connected) => void, expected: string[]]>([
    ['RST', ({ far }) => far.resetAndDestroy(), ['close 1006']],
    ['FIN', ({ far }) => far.end(), ['close 1006']],
    ['an error of the socket', ({ near }) => near.destroy(new Error('broken')), ['close 1006']],
    ['terminate', ({ connection }) => connection.terminate(), ['close 1006']],
    [
      'terminate twice',
      ({ connection }) => {
        connection.terminate();
        connection.terminate();
      },
      ['close 1006'],
    ],
    [
      'terminate and then close',
      ({ connection }) => {
        connection.terminate();
        connection.startClose(1000);
      },
      ['close 1006'],
    ],
    [
      'close and then terminate',
      ({ connection }) => {
        connection.startClose(1000);
        connection.terminate();
      },
      ['close 1006'],
    ],
    [
      'close and RST',
      ({ connection, far }) => {
        connection.startClose(1000);
        far.resetAndDestroy();
      },
      ['close 1006'],
    ],
    [
      'close and FIN without a close frame',
      ({ connection, far }) => {
        connection.startClose(1000);
        far.end();
      },
      ['close 1006'],
    ],
    ['a close frame', ({ far }) => far.end(maskedFrame(CLOSE, normal)), ['close 1000']],
    ['a close frame without code', ({ far }) => far.end(maskedFrame(CLOSE)), ['close 1005']],
    [
      'close frames that cross',
      ({ connection, far }) => {
        connection.startClose(4000);
        far.end(maskedFrame(CLOSE, Buffer.concat([normal, Buffer.from('why')])));
      },
      ['close 1000 why'],
    ],
    [
      'two close frames and more behind them',
      ({ far }) => {
        far.end(
          Buffer.concat([
            maskedFrame(CLOSE, normal),
            maskedFrame(TEXT, 'late'),
            maskedFrame(CLOSE, Buffer.from([0x0f, 0xa0])),
          ]),
        );
      },
      ['close 1000'],
    ],
    ['a broken rule', ({ far }) => far.end(maskedFrame(0x83)), ['error WS_ERR_INVALID_OPCODE', 'close 1006']],
    [
      'a broken rule and RST',
      ({ far }) => {
        far.write(maskedFrame(0x83));
        far.once('data', () => far.resetAndDestroy());
      },
      ['error WS_ERR_INVALID_OPCODE', 'close 1006'],
    ],
    [
      'a broken rule, terminate in the listener',
      ({ far, owner, connection }) => {
        owner.heard = () => connection.terminate();
        far.end(maskedFrame(0x83));
      },
      ['error WS_ERR_INVALID_OPCODE', 'close 1006'],
    ],
    [
      'terminate in the listener of a message',
      ({ far, owner, connection }) => {
        owner.heard = () => connection.terminate();
        far.write(Buffer.concat([maskedFrame(TEXT, 'one'), maskedFrame(TEXT, 'two')]));
      },
      ['text one', 'close 1006'],
    ],
    [
      'close in the listener of a message',
      ({ far, owner, connection }) => {
        owner.heard = () => connection.startClose(1000);
        far.end(
          Buffer.concat([maskedFrame(TEXT, 'one'), maskedFrame(TEXT, 'two'), maskedFrame(CLOSE, normal)]),
        );
      },
      ['text one', 'text two', 'close 1000'],
    ],
    [
      'destroyed with an error',
      ({ connection }) => connection.destroyWith(new Error('no reason')),
      ['error undefined', 'close 1006'],
    ],
    [
      'destroyed with an error twice',
      ({ connection }) => {
        connection.destroyWith(new Error('one'));
        connection.destroyWith(new Error('two'));
      },
      ['error undefined', 'close 1006'],
    ],
    ['closeTimeout', ({ connection }) => connection.startClose(1000), ['close 1006']],
    ['half a frame and FIN', ({ far }) => far.end(maskedFrame(TEXT, 'abc').subarray(0, 7)), ['close 1006']],
  ])('after %s', async (_name, act, expected) => {
    const clock = new ManualClock();
    const all = await connected({ clock });
    all.far.on('end', () => all.far.end());
    act(all);
    // The far end answers nothing: where that is waited for, the time is up.
    for (let round = 0; round < 3; round++) await turn();
    if (all.connection.closing) clock.advance(30_000);
    await all.owner.until('close');
    for (let round = 0; round < 3; round++) await turn();
    expect(all.owner.events).toEqual(expected);
    expect(all.near.destroyed).toBe(true);
    expect(clock.pending).toBe(0);
    all.connection.terminate();
    all.connection.startClose(1000);
    all.connection.destroyWith(new Error('too late'));
    clock.advance(30_000);
    await turn();
    expect(all.owner.events).toEqual(expected);
  });

  it('on a Duplex in memory', async () => {
    const socket = new RecordingDuplex();
    const { owner } = startOn(socket);
    socket.push(maskedFrame(TEXT, 'hi'));
    socket.push(maskedFrame(CLOSE, normal));
    socket.push(null);
    await owner.until('close');
    expect(owner.events).toEqual(['text hi', 'close 1000']);
    expect(parseFrames(socket.bytes)).toMatchObject([{ opcode: 8, payload: normal }]);
  });
});

describe('a Duplex that does not destroy itself', () => {
  it('is destroyed when both close frames are exchanged and both directions have ended', async () => {
    const socket = new RecordingDuplex({ autoDestroy: false });
    const { owner } = startOn(socket);
    socket.push(maskedFrame(CLOSE, normal));
    await turn();
    expect(socket.destroyed).toBe(false);
    socket.push(null);
    await once(socket, 'close');
    expect(owner.events).toEqual(['close 1000']);
  });
});
