import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { PerMessageDeflate } from '../../src/client/per-message-deflate.js';
import { Receiver, type ReceiverOptions } from '../../src/client/receiver.js';
import { Sender } from '../../src/client/sender.js';
import { everyCut } from '../protocol/every-cut.js';

type Told = [event: string, ...values: unknown[]];

const events = ['message', 'ping', 'pong', 'conclude', 'error'];
const hello = 'c107f248cdc9c90700';

function listen(receiver: Receiver): Told[] {
  const told: Told[] = [];
  for (const event of events) receiver.on(event, (...values: unknown[]) => told.push([event, ...values]));
  return told;
}

/** What comes of these chunks, once all are taken or the stream is closed. */
async function received(options: ReceiverOptions, chunks: readonly Buffer[]): Promise<Told[]> {
  const receiver = new Receiver(options);
  const told = listen(receiver);
  const closed = once(receiver, 'close').catch(() => {});
  for (const chunk of chunks) {
    if (receiver.destroyed || receiver.writableEnded) break;
    const written = new Promise((resolve) => receiver.write(chunk, resolve));
    await Promise.race([written, closed]);
  }
  if (!receiver.writableEnded && !receiver.destroyed) receiver.end();
  await closed;
  return told;
}

const text = (value: unknown): unknown => (Buffer.isBuffer(value) ? `${value}` : value);
const plain = (told: Told[]): unknown[] => told.map((event) => event.map(text));
const deflated = (): ReceiverOptions => {
  const deflate = new PerMessageDeflate({ isServer: true, clientNoContextTakeover: false });
  deflate.accept([{}]);
  return { extensions: { [PerMessageDeflate.extensionName]: deflate } };
};

/** A frame of some hundred bytes that inflates to a hundred kilobytes. */
function bomb(): Promise<Buffer> {
  const deflate = new PerMessageDeflate({ isServer: true });
  deflate.accept([{}]);
  return new Promise((resolve) =>
    deflate.compress(Buffer.alloc(100_000), true, (_, compressed) =>
      resolve(Buffer.concat(Sender.frame(compressed as Buffer, { opcode: 1, fin: true, rsv1: true }))),
    ),
  );
}

const conversation = Buffer.from(
  `810161820162890163010164${'8a0165'}800166${hello}8101678805${'03e8627965'}810168`,
  'hex',
);
const expected = [
  ['message', 'a', false],
  ['message', 'b', true],
  ['ping', 'c'],
  ['pong', 'e'],
  ['message', 'df', false],
  ['message', 'Hello', false],
  ['message', 'g', false],
  ['conclude', 1000, 'bye'],
];

describe('a Receiver', () => {
  it.each([true, false])(
    'tells the same however the bytes are cut, allowSynchronousEvents %s',
    async (allow) => {
      for (const { name, chunks } of everyCut(conversation)) {
        const told = await received({ ...deflated(), allowSynchronousEvents: allow }, chunks);
        expect(plain(told), name).toEqual(expected);
      }
    },
  );

  it('tells each event in a turn of its own if it is asked to', async () => {
    const receiver = new Receiver({ allowSynchronousEvents: false });
    const told = listen(receiver);
    receiver.write(Buffer.from('810161810162', 'hex'));
    expect(told).toEqual([]);
    await once(receiver, 'message');
    expect(plain(told)).toEqual([['message', 'a', false]]);
    await once(receiver, 'message');
    expect(told).toHaveLength(2);
  });

  it('tells at once by default, and 1005 for a close frame without a code', () => {
    const receiver = new Receiver();
    const told = listen(receiver);
    receiver.write(Buffer.from('8101618800810162', 'hex'));
    expect(plain(told)).toEqual([
      ['message', 'a', false],
      ['conclude', 1005, ''],
    ]);
    expect(receiver.writableEnded).toBe(true);
  });

  const failures: [what: string, hex: string, code: string, closeCode: number, options?: ReceiverOptions][] =
    [
      ['no mask', '810161', 'WS_ERR_EXPECTED_MASK', 1002, { isServer: true }],
      ['a mask', '818161', 'WS_ERR_UNEXPECTED_MASK', 1002],
      ['RSV1', 'c10161', 'WS_ERR_UNEXPECTED_RSV_1', 1002],
      ['RSV2', 'a10161', 'WS_ERR_UNEXPECTED_RSV_2_3', 1002],
      ['a reserved opcode', '830161', 'WS_ERR_INVALID_OPCODE', 1002],
      ['a close frame of one byte', '880103', 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH', 1002],
      ['a close code', '880203ed', 'WS_ERR_INVALID_CLOSE_CODE', 1002],
      ['no UTF-8', '8101ff', 'WS_ERR_INVALID_UTF8', 1007],
      ['a long message', '81026161', 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 1009, { maxPayload: 1 }],
      ['many fragments', '010161800162', 'WS_ERR_TOO_MANY_BUFFERED_PARTS', 1008, { maxFragments: 1 }],
      ['bad compressed data', 'c102ffff', 'WS_ERR_INVALID_DEFLATE_DATA', 1007, deflated()],
      // 'ff' in a stored block.
      ['no UTF-8 once inflated', 'c107000100feffff00', 'WS_ERR_INVALID_UTF8', 1007, deflated()],
    ];

  it.each(failures)('fails for %s', async (_what, hex, code, closeCode, options = {}) => {
    const told = await received(options, [Buffer.from(hex, 'hex')]);
    expect(told).toEqual([['error', expect.objectContaining({ code, closeCode })]]);
  });

  it('hands out binary messages as binaryType says', async () => {
    const bytes = (): Buffer[] => [Buffer.from('020161800162', 'hex')];
    const [[, buffer] = []] = await received({ binaryType: 'arraybuffer' }, bytes());
    expect(buffer).toBeInstanceOf(ArrayBuffer);
    expect(Buffer.from(buffer as ArrayBuffer).toString()).toBe('ab');
    const [[, fragments] = []] = await received({ binaryType: 'fragments' }, bytes());
    expect((fragments as Buffer[]).map(String)).toEqual(['a', 'b']);
    const [[, blob] = []] = await received({ binaryType: 'blob' }, bytes());
    expect(await (blob as Blob).text()).toBe('ab');
  });

  it('refuses a binaryType that there is not', () => {
    expect(() => new Receiver({ binaryType: 'buffer' as 'blob' })).toThrow(
      expect.objectContaining({ code: 'WS_ERR_INVALID_OPTIONS' }),
    );
  });

  it('bounds what a message inflates to, also where the extension does not', async () => {
    const { extensions } = deflated();
    const told = await received({ extensions, maxPayload: 1000 }, [await bomb()]);
    expect(told).toEqual([
      ['error', expect.objectContaining({ code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', closeCode: 1009 })],
    ]);
  });

  it('tells of the close frame at once, also where events have turns of their own', () => {
    const receiver = new Receiver({ allowSynchronousEvents: false });
    const told = listen(receiver);
    receiver.write(Buffer.from('8800', 'hex'));
    expect(plain(told)).toEqual([['conclude', 1005, '']]);
  });

  it('takes text unchecked if it is asked to', async () => {
    const told = await received({ skipUTF8Validation: true }, [Buffer.from('8101ff', 'hex')]);
    expect(told).toEqual([['message', Buffer.from([0xff]), false]]);
  });

  it('tells nothing more after destroy', async () => {
    const receiver = new Receiver(deflated());
    const told = listen(receiver);
    receiver.once('message', () => receiver.destroy());
    receiver.write(Buffer.from(`${hello}810161`, 'hex'));
    await once(receiver, 'close');
    expect(plain(told)).toEqual([['message', 'Hello', false]]);
  });
});
