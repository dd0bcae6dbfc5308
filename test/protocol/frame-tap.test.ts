import { describe, expect, it } from 'vitest';
import { FrameDecoder } from '../../src/protocol/frame-decoder.js';
import type { TappedFrame } from '../../src/protocol/frame-tap.js';
import type { WebSocketProtocol } from '../../src/protocol/websocket-protocol.js';
import { everyCut, seededBytes } from './every-cut.js';
import { closePayload, exampleKey, type RawFrame, rawFrame } from './raw-frame.js';
import { engine, fromPeer, fromUs, RecordingHandler, type Role, roles, words } from './recording-handler.js';

/** An engine that is tapped; what the tap sees and what the handler is told are in one list. */
function tapped(role: Role, options: Parameters<typeof engine>[1] = {}, captureLength?: number) {
  const handler = new RecordingHandler();
  const protocol = engine(role, options)(handler);
  const frames: TappedFrame[] = [];
  const order: string[] = [];
  handler.onEvent = (event) => order.push(event);
  protocol.setTap((frame) => {
    frames.push(frame);
    order.push(`${frame.direction} ${frame.opcode}`);
  }, captureLength);
  return { handler, protocol, frames, order };
}

/** A frame in words that compare well. */
function described({ direction, fin, rsv1, rsv2, rsv3, opcode, ...frame }: TappedFrame): object {
  const { header, payload, maskingKey, payloadLength, error } = frame;
  const flags = { fin, rsv: (rsv1 ? 4 : 0) + (rsv2 ? 2 : 0) + (rsv3 ? 1 : 0), opcode };
  const octets = { header: words(header), payload: words(payload), key: maskingKey && words(maskingKey) };
  return { direction, ...flags, ...octets, payloadLength, error: error?.code ?? null };
}

const key = (role: Role): Uint8Array | null => (role === 'server' ? exampleKey : null);

/** What a tap tells of a received frame that keeps every rule. */
function received(role: Role, frame: RawFrame): object {
  const { fin = true, rsv = 0, opcode } = frame;
  const payload = Buffer.from(frame.payload ?? '');
  const bytes = rawFrame({ maskingKey: key(role), ...frame });
  const header = words(bytes.subarray(0, bytes.length - payload.length));
  const maskingKey = key(role);
  const described = {
    fin,
    rsv,
    opcode,
    header,
    key: maskingKey && words(maskingKey),
    payload: words(payload),
  };
  return { direction: 'received', ...described, payloadLength: payload.length, error: null };
}

describe.each(roles)('a tapped %s', (role) => {
  const message: RawFrame[] = [
    { opcode: 1, fin: false, payload: 'Hel' },
    { opcode: 9, payload: 'between' },
    { opcode: 0, fin: false },
    { opcode: 0, payload: 'lo' },
    { opcode: 2, payload: seededBytes(200) },
    { opcode: 2, payload: seededBytes(70_000) },
    { opcode: 10 },
    { opcode: 8, payload: closePayload(4000, 'bye') },
  ];

  it('shows each received frame, however the input was cut, and changes nothing', () => {
    const bytes = fromPeer(role, ...message);
    for (const { name, chunks } of everyCut(bytes)) {
      const { handler, protocol, frames } = tapped(role, {}, 100_000);
      const plain = new RecordingHandler();
      const untapped = engine(role)(plain);
      for (const chunk of chunks) {
        untapped.receive(Buffer.from(chunk));
        protocol.receive(chunk, true);
      }
      const seen = frames.filter(({ direction }) => direction === 'received');
      expect(seen.map(described), name).toEqual(message.map((frame) => received(role, frame)));
      expect(handler.settle(), name).toEqual(plain.settle());
      expect(words(handler.output), name).toEqual(words(plain.output));
    }
  });

  it('shows a frame before what follows from it, and its answer after it', () => {
    const { protocol, order } = tapped(role);
    protocol.receive(fromPeer(role, { opcode: 9, payload: 'a' }, { opcode: 8, payload: closePayload(1000) }));
    expect(order).toEqual([
      'received 9',
      'sent 10',
      'ping 61',
      'received 8',
      'close 1000',
      'sent 8',
      'closable',
    ]);
  });

  it('shows what is sent, octet by octet, and sends the same', () => {
    const { handler, protocol, frames } = tapped(role);
    protocol.cork();
    protocol.send('Hé', false, false);
    protocol.ping(Buffer.from('p'));
    protocol.send(Buffer.from('llo'), false);
    protocol.send(seededBytes(5000), true);
    protocol.uncork();
    protocol.close(4001, 'why');
    const sent: RawFrame[] = [
      { opcode: 1, fin: false, payload: 'Hé' },
      { opcode: 9, payload: 'p' },
      { opcode: 0, payload: 'llo' },
      { opcode: 2, payload: seededBytes(5000) },
      { opcode: 8, payload: closePayload(4001, 'why') },
    ];
    expect(words(handler.output)).toBe(words(fromUs(role, ...sent)));
    const octets = frames.map(({ header, payload }) => [words(header), words(payload)]);
    let keys = 0;
    expect(octets).toEqual(
      sent.map((frame) => {
        const maskingKey = role === 'client' ? Buffer.of(0, 0, 0, ++keys) : null;
        const payload = Buffer.from(frame.payload as string);
        const bytes = rawFrame({ ...frame, maskingKey });
        return [words(bytes.subarray(0, bytes.length - payload.length)), words(payload.subarray(0, 1024))];
      }),
    );
    expect(frames.map(({ payloadLength }) => payloadLength)).toEqual([3, 1, 3, 5000, 5]);
    expect(frames.every(({ direction, error }) => direction === 'sent' && error === null)).toBe(true);
  });

  it('keeps as much of a payload as it was told', () => {
    const { protocol, frames } = tapped(role, {}, 5);
    const bytes = fromPeer(role, { opcode: 2, payload: '0123456789' }, { opcode: 2, payload: 'abc' });
    for (const octet of bytes) protocol.receive(Buffer.of(octet));
    protocol.send('0123456789', false);
    const texts = frames.map(({ payload, payloadLength }) => `${payload}/${payloadLength}`);
    expect(texts).toEqual(['01234/10', 'abc/3', '01234/10']);
  });

  it.each<[string, RawFrame, number, object]>([
    ['a reserved opcode', { opcode: 3, payload: 'abc' }, 2, { error: 'WS_ERR_INVALID_OPCODE', opcode: 3 }],
    ['a reserved bit', { opcode: 1, rsv: 3 }, 2, { error: 'WS_ERR_UNEXPECTED_RSV_2_3', rsv: 3 }],
    ['a fragmented ping', { opcode: 9, fin: false }, 2, { error: 'WS_ERR_EXPECTED_FIN', fin: false }],
    [
      'a length in more octets than it needs',
      { opcode: 2, lengthBits: 16, announced: 5 },
      4,
      { error: 'WS_ERR_INVALID_PAYLOAD_LENGTH_ENCODING', payloadLength: 5 },
    ],
    [
      'a length beyond 2^53',
      { opcode: 2, lengthBits: 64, announced: 2n ** 60n },
      10,
      { error: 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', payloadLength: 2 ** 60 },
    ],
    [
      'a message that is too long',
      { opcode: 2, announced: 2000 },
      4,
      { error: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', payloadLength: 2000 },
    ],
  ])('shows why it refused %s, and the header as far as it was read', (_, frame, octets, expected) => {
    const bytes = fromPeer(role, frame);
    for (const { name, chunks } of everyCut(bytes)) {
      const { protocol, frames } = tapped(role, { maxPayload: 1000 });
      for (const chunk of chunks) protocol.receive(chunk);
      expect(described(frames[0]), name).toMatchObject({ direction: 'received', payload: '', ...expected });
      const [first, second] = frames[0].header;
      expect([first, second & 0x7f], name).toEqual([bytes[0], bytes[1] & 0x7f]);
      expect(frames[0].header.length, name).toBe(octets);
      expect(frames[1], name).toMatchObject({ direction: 'sent', opcode: 8, error: null });
    }
  });

  it('shows a frame whose payload broke a rule', () => {
    const { protocol, frames } = tapped(role);
    protocol.receive(fromPeer(role, { opcode: 1, payload: Uint8Array.of(0xc0) }));
    expect(frames.map(({ opcode, payload }) => [opcode, words(payload)])).toEqual([
      [1, 'c0'],
      [8, words(closePayload(1007))],
    ]);
  });

  it('shows bytes that are frames already, broken ones too, and goes on with the next write', () => {
    const { handler, protocol, frames } = tapped(role);
    const maskingKey = role === 'client' ? exampleKey : null;
    const good = rawFrame({ opcode: 1, payload: 'ready', maskingKey });
    const broken = rawFrame({ opcode: 11, rsv: 2, payload: 'x', maskingKey });
    protocol.cork();
    protocol.sendEncoded(good, true);
    protocol.uncork();
    protocol.sendEncoded(broken);
    protocol.send('after', false);
    expect(words(handler.output.subarray(0, good.length + broken.length))).toBe(
      words(Buffer.concat([good, broken])),
    );
    expect(frames.map(described)).toMatchObject([
      { opcode: 1, payload: words(Buffer.from('ready')), error: null },
      { opcode: 11, rsv: 2, error: 'WS_ERR_UNEXPECTED_RSV_2_3' },
      { opcode: 1, payload: words(Buffer.from('after')), error: null },
    ]);
  });

  it('begins with the next frame, and ends when it is told', () => {
    const handler = new RecordingHandler();
    const protocol = engine(role)(handler);
    const frames: TappedFrame[] = [];
    const inPayload = role === 'server' ? 8 : 4;
    const feed = (bytes: Buffer): void => protocol.receive(Buffer.from(bytes));
    const bytes = fromPeer(role, { opcode: 1, payload: 'first' }, { opcode: 1, payload: 'second' });
    feed(bytes.subarray(0, inPayload));
    protocol.setTap((frame) => frames.push(frame));
    feed(bytes.subarray(inPayload));
    const third = fromPeer(role, { opcode: 1, payload: 'third' });
    feed(third.subarray(0, inPayload));
    protocol.setTap(null);
    feed(third.subarray(inPayload));
    feed(fromPeer(role, { opcode: 1, payload: 'fourth' }));
    protocol.send('sent', false);
    expect(handler.events).toEqual(['text "first"', 'text "second"', 'text "third"', 'text "fourth"']);
    expect(frames.map(({ payload }) => String(payload))).toEqual(['second']);
  });

  it('leaves no trace in what engines share', () => {
    const first = tapped(role);
    first.protocol.receive(fromPeer(role, { opcode: 1, payload: 'a' }));
    first.protocol.send('b', false);
    const count = first.frames.length;
    const second: WebSocketProtocol = engine(role)(new RecordingHandler());
    second.receive(fromPeer(role, { opcode: 1, payload: 'c' }));
    second.send('d', false);
    expect([count, first.frames.length]).toEqual([2, 2]);
  });
});

it('a frame of permessage-deflate is shown as it was sent', () => {
  const { protocol, frames } = tapped('server', { perMessageDeflate: true });
  const payload = Buffer.from('f248cdc9c90700', 'hex');
  protocol.receive(fromPeer('server', { opcode: 1, rsv: 4, payload }));
  protocol.send(payload, false, true, true);
  expect(frames.map(described)).toMatchObject([
    { direction: 'received', rsv: 4, payload: words(payload) },
    { direction: 'sent', rsv: 4, payload: words(payload), error: null },
  ]);
});

it('a decoder that begins again keeps nothing of a header that it refused', () => {
  const rules = { masked: false, rsv1: false, maxPayload: 100, maxFragments: 10 };
  const nobody = { frameStart() {}, framePayload() {}, frameEnd() {}, frameError() {} };
  const decoder = new FrameDecoder(nobody, rules);
  decoder.decode(rawFrame({ opcode: 3 }));
  expect(decoder.refused).not.toBeNull();
  decoder.restart();
  expect(decoder.refused).toBeNull();
});
