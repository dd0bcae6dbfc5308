import { describe, expect, it } from 'vitest';
import { FrameDecoder, type FrameHandler } from '../../src/protocol/frame-decoder.js';
import type { DecoderGate, FrameRules } from '../../src/protocol/frame-rules.js';
import { everyCut } from './every-cut.js';
import { exampleKey, type RawFrame, rawFrame } from './raw-frame.js';

/** Writes down what a decoder tells; pieces of a payload are joined. */
class FrameRecorder implements FrameHandler {
  readonly events: string[] = [];
  readonly decoder: FrameDecoder;
  onEvent: (event: string) => void = () => {};
  private payload: Buffer[] = [];

  constructor(rules: Partial<FrameRules> = {}) {
    const unlimited = { maxPayload: Number.POSITIVE_INFINITY, maxFragments: Number.POSITIVE_INFINITY };
    this.decoder = new FrameDecoder(this, { masked: false, rsv1: false, ...unlimited, ...rules });
  }

  frameStart(): void {
    const { fin, rsv1, opcode, payloadLength } = this.decoder;
    this.tell(`start ${fin ? 'FIN ' : ''}${rsv1 ? 'RSV1 ' : ''}${opcode} of ${payloadLength}`);
  }

  framePayload(piece: Buffer): void {
    expect(piece.length).toBeGreaterThan(0);
    this.payload.push(Buffer.from(piece));
    this.onEvent('payload');
  }

  frameEnd(): void {
    const payload = Buffer.concat(this.payload);
    this.payload = [];
    this.tell(`end ${payload.toString('latin1')}`.trimEnd());
  }

  frameError(error: { code: string; closeCode: number }): void {
    this.tell(`error ${error.code} ${error.closeCode}`);
  }

  protected tell(event: string): void {
    this.events.push(event);
    this.onEvent(event);
  }
}

/** Takes short messages as a whole, and writes down the same. */
class WholeRecorder extends FrameRecorder {
  wholeMessage(payload: Buffer, isBinary: boolean, ascii: boolean): void {
    if (ascii) expect(payload.every((octet) => octet < 0x80)).toBe(true);
    this.tell(`start FIN ${isBinary ? 2 : 1} of ${payload.length}`);
    this.onEvent('payload');
    this.tell(`end ${payload.toString('latin1')}`.trimEnd());
  }
}

/**
 * Decodes `bytes` every way of cutting them and gives the events, which must be the same each time, also for who takes
 * short messages as a whole.
 */
function decodeEveryWay(bytes: Buffer, rules: Partial<FrameRules> = {}): string[] {
  let expected: string[] | undefined;
  for (const { name, chunks } of everyCut(bytes)) {
    for (const recorder of [new FrameRecorder(rules), new WholeRecorder(rules)]) {
      for (const chunk of chunks) recorder.decoder.decode(Buffer.from(chunk));
      expected ??= recorder.events;
      expect(recorder.events, name).toEqual(expected);
    }
  }
  return expected as string[];
}

const frames = (...list: RawFrame[]): Buffer => Buffer.concat(list.map(rawFrame));
const masked = (...list: RawFrame[]): Buffer =>
  frames(...list.map((frame) => ({ maskingKey: exampleKey, ...frame })));

describe('frames', () => {
  it('are told with their header, payload and end', () => {
    const bytes = frames(
      { opcode: 1, payload: 'Hello' },
      { opcode: 2, fin: false, payload: 'a' },
      { opcode: 9, payload: 'ping' },
      { opcode: 0, fin: false },
      { opcode: 0, payload: 'b' },
      { opcode: 8 },
    );
    expect(decodeEveryWay(bytes)).toEqual([
      'start FIN 1 of 5',
      'end Hello',
      'start 2 of 1',
      'end a',
      'start FIN 9 of 4',
      'end ping',
      'start 0 of 0',
      'end',
      'start FIN 0 of 1',
      'end b',
      'start FIN 8 of 0',
      'end',
    ]);
  });

  it('are unmasked, with a key of zeros as well', () => {
    const zeros = new Uint8Array(4);
    const bytes = masked({ opcode: 1, payload: 'Hello' }, { opcode: 1, payload: 'zeros', maskingKey: zeros });
    expect(decodeEveryWay(bytes, { masked: true })).toEqual([
      'start FIN 1 of 5',
      'end Hello',
      'start FIN 1 of 5',
      'end zeros',
    ]);
  });

  it('are described by the fields of the decoder', () => {
    const recorder = new FrameRecorder({ masked: true, rsv1: true });
    const seen: object[] = [];
    recorder.frameStart = () => {
      const { fin, rsv1, opcode, payloadLength, maskingKey } = recorder.decoder;
      const { messageOpcode, messageLength, fragments } = recorder.decoder;
      seen.push({ fin, rsv1, opcode, payloadLength, maskingKey, messageOpcode, messageLength, fragments });
    };
    recorder.decoder.decode(
      masked(
        { opcode: 2, rsv: 4, fin: false, payload: 'abc' },
        { opcode: 9, payload: 'p' },
        { opcode: 0, payload: 'de' },
        { opcode: 1, payload: 'f' },
      ),
    );
    const maskingKey = 0x3d21fa37;
    const message = { messageOpcode: 2, messageLength: 3, fragments: 1 };
    expect(seen).toEqual([
      { fin: false, rsv1: true, opcode: 2, payloadLength: 3, maskingKey, ...message },
      { fin: true, rsv1: false, opcode: 9, payloadLength: 1, maskingKey, ...message },
      {
        fin: true,
        rsv1: false,
        opcode: 0,
        payloadLength: 2,
        maskingKey,
        ...message,
        messageLength: 5,
        fragments: 2,
      },
      {
        fin: true,
        rsv1: false,
        opcode: 1,
        payloadLength: 1,
        maskingKey,
        messageOpcode: 1,
        messageLength: 1,
        fragments: 1,
      },
    ]);
  });

  it('pass their payload on as memory of the input', () => {
    const recorder = new FrameRecorder();
    const pieces: Buffer[] = [];
    recorder.framePayload = (piece) => pieces.push(piece);
    const read = frames({ opcode: 2, payload: 'abcdef' });
    recorder.decoder.decode(read.subarray(0, 5));
    recorder.decoder.decode(read.subarray(5));
    expect(pieces.map(String)).toEqual(['abc', 'def']);
    expect(pieces.every((piece) => piece.buffer === read.buffer)).toBe(true);
  });
});

describe('a header', () => {
  const cases: [string, RawFrame, string, Partial<FrameRules>?][] = [
    ['RSV1 without an extension', { opcode: 1, rsv: 4 }, 'WS_ERR_UNEXPECTED_RSV_1 1002'],
    ['RSV2', { opcode: 1, rsv: 2 }, 'WS_ERR_UNEXPECTED_RSV_2_3 1002'],
    ['RSV3', { opcode: 1, rsv: 1 }, 'WS_ERR_UNEXPECTED_RSV_2_3 1002'],
    ['RSV2 with an extension', { opcode: 1, rsv: 6 }, 'WS_ERR_UNEXPECTED_RSV_2_3 1002', { rsv1: true }],
    ['RSV1 on a ping', { opcode: 9, rsv: 4 }, 'WS_ERR_UNEXPECTED_RSV_1 1002', { rsv1: true }],
    ['a ping without FIN', { opcode: 9, fin: false }, 'WS_ERR_EXPECTED_FIN 1002'],
    ['a close without FIN', { opcode: 8, fin: false }, 'WS_ERR_EXPECTED_FIN 1002'],
    ['a ping of 126', { opcode: 9, payload: 'x'.repeat(126) }, 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH 1002'],
    ['a pong in 64 bits', { opcode: 10, lengthBits: 64 }, 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH 1002'],
    ['a close of 1', { opcode: 8, payload: 'x' }, 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH 1002'],
    ['a continuation of nothing', { opcode: 0 }, 'WS_ERR_INVALID_OPCODE 1002'],
    ['a mask at a client', { opcode: 1, maskingKey: exampleKey }, 'WS_ERR_UNEXPECTED_MASK 1002'],
    ['no mask at a server', { opcode: 1, maskingKey: null }, 'WS_ERR_EXPECTED_MASK 1002', { masked: true }],
    [
      '125 in 16 bits',
      { opcode: 2, lengthBits: 16, announced: 125 },
      'WS_ERR_INVALID_PAYLOAD_LENGTH_ENCODING 1002',
    ],
    [
      '0 in 64 bits',
      { opcode: 2, lengthBits: 64, announced: 0 },
      'WS_ERR_INVALID_PAYLOAD_LENGTH_ENCODING 1002',
    ],
    [
      '65,535 in 64 bits',
      { opcode: 2, lengthBits: 64, announced: 65535 },
      'WS_ERR_INVALID_PAYLOAD_LENGTH_ENCODING 1002',
    ],
    ['the top bit', { opcode: 2, announced: 1n << 63n }, 'WS_ERR_INVALID_PAYLOAD_LENGTH_ENCODING 1002'],
    ['all bits', { opcode: 2, announced: (1n << 64n) - 1n }, 'WS_ERR_INVALID_PAYLOAD_LENGTH_ENCODING 1002'],
    ['2^53', { opcode: 2, announced: 1n << 53n }, 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH 1009'],
    ['2^63 - 1', { opcode: 2, announced: (1n << 63n) - 1n }, 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH 1009'],
    [
      'a byte over the limit',
      { opcode: 2, announced: 11 },
      'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH 1009',
      { maxPayload: 10 },
    ],
  ];
  it.each(cases)('is refused before its payload comes: %s', (_name, frame, error, rules = {}) => {
    const fallback = rules.masked === true ? exampleKey : null;
    const good = rawFrame({ opcode: 10, payload: 'ok', maskingKey: fallback });
    const bad = rawFrame({ maskingKey: fallback, ...frame });
    const events = decodeEveryWay(Buffer.concat([good, bad, good]), rules);
    expect(events).toEqual(['start FIN 10 of 2', 'end ok', `error ${error}`]);
  });

  it.each([3, 4, 5, 6, 7, 11, 12, 13, 14, 15])('is refused for the reserved opcode %i', (opcode) => {
    for (const fin of [true, false]) {
      expect(decodeEveryWay(frames({ opcode, fin, payload: 'abc' }))).toEqual([
        'error WS_ERR_INVALID_OPCODE 1002',
      ]);
    }
  });

  it('is refused if it starts a message within a message', () => {
    for (const opcode of [1, 2]) {
      const bytes = frames({ opcode: 1, fin: false, payload: 'a' }, { opcode, payload: 'b' });
      expect(decodeEveryWay(bytes)).toEqual(['start 1 of 1', 'end a', 'error WS_ERR_INVALID_OPCODE 1002']);
    }
  });

  it('is refused if RSV1 stands on a continuation', () => {
    const bytes = frames(
      { opcode: 1, rsv: 4, fin: false, payload: 'a' },
      { opcode: 0, rsv: 4, payload: 'b' },
    );
    expect(decodeEveryWay(bytes, { rsv1: true })).toEqual([
      'start RSV1 1 of 1',
      'end a',
      'error WS_ERR_UNEXPECTED_RSV_1 1002',
    ]);
  });

  it('may announce 2^53 - 1 bytes', () => {
    const bytes = frames({ opcode: 2, announced: (1n << 53n) - 1n, payload: 'x' });
    expect(decodeEveryWay(bytes)).toEqual([`start FIN 2 of ${2 ** 53 - 1}`]);
  });

  it('is judged by its first two octets, before the rest of it comes', () => {
    for (const frame of [
      { opcode: 3, payload: 'x'.repeat(300) },
      { opcode: 9, payload: 'x'.repeat(300) },
      { opcode: 1, rsv: 1, payload: 'x'.repeat(300) },
      { opcode: 1, maskingKey: exampleKey },
    ]) {
      expect(decodeEveryWay(rawFrame(frame).subarray(0, 2))).toHaveLength(1);
    }
  });
});

describe('limits', () => {
  it('count the whole message', () => {
    const fragments = frames(
      { opcode: 2, fin: false, payload: 'abcd' },
      { opcode: 9, payload: 'control frames do not count' },
      { opcode: 0, fin: false, payload: 'efgh' },
      { opcode: 0, payload: 'ij' },
    );
    const again = Buffer.concat([fragments, fragments]);
    expect(decodeEveryWay(again, { maxPayload: 10, maxFragments: 3 })).toHaveLength(16);
    expect(decodeEveryWay(again, { maxPayload: 9 }).slice(6)).toEqual([
      'error WS_ERR_UNSUPPORTED_MESSAGE_LENGTH 1009',
    ]);
    expect(decodeEveryWay(again, { maxFragments: 2 }).slice(6)).toEqual([
      'error WS_ERR_TOO_MANY_BUFFERED_PARTS 1008',
    ]);
  });

  it('let a message of exactly the largest size pass', () => {
    expect(decodeEveryWay(frames({ opcode: 2, payload: 'abc' }), { maxPayload: 3 })).toHaveLength(2);
    expect(decodeEveryWay(frames({ opcode: 2, payload: 'abcd' }), { maxPayload: 3 })).toHaveLength(1);
  });
});

describe('stop', () => {
  it('drops what follows, even in the same read', () => {
    const recorder = new FrameRecorder();
    recorder.onEvent = (event) => {
      if (event === 'end a') recorder.decoder.stop();
    };
    recorder.decoder.decode(frames({ opcode: 1, payload: 'a' }, { opcode: 1, payload: 'b' }));
    recorder.decoder.decode(frames({ opcode: 1, payload: 'c' }));
    expect(recorder.events).toEqual(['start FIN 1 of 1', 'end a']);
    expect(recorder.decoder.backlogged).toBe(false);
  });

  it.each(['', 'abc'])('during the start of a frame (%s) tells no more of it', (payload) => {
    const recorder = new FrameRecorder();
    recorder.onEvent = () => recorder.decoder.stop();
    recorder.decoder.decode(frames({ opcode: 2, payload }));
    expect(recorder.events).toEqual([`start FIN 2 of ${payload.length}`]);
  });

  it('during the payload of a frame tells no end', () => {
    const recorder = new FrameRecorder();
    recorder.onEvent = (event) => {
      if (event === 'payload') recorder.decoder.stop();
    };
    recorder.decoder.decode(frames({ opcode: 2, payload: 'abc' }));
    expect(recorder.events).toEqual(['start FIN 2 of 3']);
  });
});

describe('the gate', () => {
  const bytes = frames(
    { opcode: 1, payload: 'a' },
    { opcode: 9, payload: 'b' },
    { opcode: 10, payload: 'c' },
    { opcode: 2, payload: 'd' },
    { opcode: 9, payload: 'e' },
    { opcode: 8 },
  );

  /** Shuts the gate to `gate` after the first frame and opens it at the end. */
  function throughGate(chunks: Buffer[], gate: DecoderGate): { before: string[]; after: string[] } {
    const recorder = new FrameRecorder();
    recorder.onEvent = (event) => {
      if (event === 'end a') recorder.decoder.setGate(gate);
    };
    for (const chunk of chunks) recorder.decoder.decode(chunk);
    const before = recorder.events.filter((event) => event.startsWith('end'));
    expect(recorder.decoder.backlogged).toBe(true);
    recorder.decoder.setGate('open');
    expect(recorder.decoder.backlogged).toBe(false);
    return { before, after: recorder.events.filter((event) => event.startsWith('end')) };
  }

  const all = ['end a', 'end b', 'end c', 'end d', 'end e', 'end'];

  it('shut: everything waits', () => {
    for (const { name, chunks } of everyCut(bytes)) {
      expect(throughGate(chunks, 'shut'), name).toEqual({ before: ['end a'], after: all });
    }
  });

  it('control: pings and pongs pass until something else waits', () => {
    for (const { name, chunks } of everyCut(bytes)) {
      expect(throughGate(chunks, 'control'), name).toEqual({
        before: ['end a', 'end b', 'end c'],
        after: all,
      });
    }
  });

  it('no-data: control frames pass, a close too', () => {
    const withClose = frames(
      { opcode: 1, payload: 'a' },
      { opcode: 9, payload: 'b' },
      { opcode: 10, payload: 'c' },
      { opcode: 8, payload: 'dd' },
      { opcode: 2, payload: 'e' },
    );
    for (const { name, chunks } of everyCut(withClose)) {
      const { before, after } = throughGate(chunks, 'no-data');
      expect(before, name).toEqual(['end a', 'end b', 'end c', 'end dd']);
      expect(after, name).toEqual(['end a', 'end b', 'end c', 'end dd', 'end e']);
    }
  });

  it('no-data: a continuation waits, and so does a broken frame', () => {
    const first = frames({ opcode: 1, fin: false, payload: 'a' });
    for (const next of [
      { opcode: 0, payload: 'b' },
      { opcode: 3 },
      { opcode: 8, payload: 'x' },
      { opcode: 11 },
    ]) {
      for (const { name, chunks } of everyCut(rawFrame(next))) {
        const recorder = new FrameRecorder();
        recorder.decoder.decode(Buffer.from(first));
        recorder.decoder.setGate('no-data');
        for (const chunk of chunks) recorder.decoder.decode(chunk);
        expect(recorder.events, name).toEqual(['start 1 of 1', 'end a']);
        recorder.decoder.setGate('open');
        expect(recorder.events.length, name).toBeGreaterThan(2);
      }
    }
  });

  it('control: a close frame waits, also one that has begun', () => {
    const close = frames({ opcode: 8, payload: Buffer.of(0x03, 0xe8) });
    const recorder = new FrameRecorder();
    recorder.decoder.decode(close.subarray(0, 3));
    recorder.decoder.setGate('control');
    recorder.decoder.decode(close.subarray(3));
    expect(recorder.events).toEqual(['start FIN 8 of 2']);
    recorder.decoder.setGate('open');
    expect(recorder.events).toEqual(['start FIN 8 of 2', 'end \x03\xe8']);
  });

  it('control: a broken ping waits as every broken frame does', () => {
    for (const broken of [
      { opcode: 9, fin: false },
      { opcode: 9, rsv: 4 },
      { opcode: 10, payload: 'x'.repeat(126) },
      { opcode: 9, maskingKey: exampleKey },
    ]) {
      for (const { name, chunks } of everyCut(rawFrame(broken))) {
        const recorder = new FrameRecorder();
        recorder.decoder.setGate('control');
        for (const chunk of chunks) recorder.decoder.decode(chunk);
        expect(recorder.events, name).toEqual([]);
        recorder.decoder.setGate('open');
        expect(recorder.events, name).toHaveLength(1);
      }
    }
  });

  it('may go from shut to control and back', () => {
    const recorder = new FrameRecorder();
    const { decoder } = recorder;
    decoder.setGate('shut');
    decoder.decode(
      frames({ opcode: 9, payload: 'a' }, { opcode: 1, payload: 'b' }, { opcode: 1, payload: 'c' }),
    );
    expect(recorder.events).toEqual([]);
    decoder.setGate('control');
    expect(recorder.events).toEqual(['start FIN 9 of 1', 'end a']);
    recorder.onEvent = (event) => {
      if (event === 'end b') decoder.setGate('shut');
    };
    decoder.setGate('open');
    expect(recorder.events.at(-1)).toBe('end b');
    expect(decoder.backlogged).toBe(true);
    decoder.setGate('open');
    expect(recorder.events.at(-1)).toBe('end c');
    expect(decoder.backlogged).toBe(false);
  });

  it('shut within a payload holds the rest of it', () => {
    const recorder = new FrameRecorder();
    const read = frames({ opcode: 2, payload: 'abcdef' });
    recorder.onEvent = (event) => {
      if (event === 'payload') recorder.decoder.setGate('shut');
    };
    recorder.decoder.decode(read.subarray(0, 4));
    recorder.decoder.decode(read.subarray(4));
    expect(recorder.events).toEqual(['start FIN 2 of 6']);
    recorder.onEvent = () => {};
    recorder.decoder.setGate('open');
    expect(recorder.events).toEqual(['start FIN 2 of 6', 'end abcdef']);
  });
});

describe('a handler that calls back', () => {
  it('may decode more, which comes after what came before', () => {
    const recorder = new FrameRecorder();
    recorder.onEvent = (event) => {
      if (event === 'end a') recorder.decoder.decode(frames({ opcode: 1, payload: 'c' }));
      if (event === 'end b') recorder.decoder.decode(frames({ opcode: 1, payload: 'd' }));
    };
    recorder.decoder.decode(frames({ opcode: 1, payload: 'a' }, { opcode: 1, payload: 'b' }));
    expect(recorder.events.filter((event) => event.startsWith('end'))).toEqual([
      'end a',
      'end b',
      'end c',
      'end d',
    ]);
    expect(recorder.decoder.backlogged).toBe(false);
  });

  it('may decode more and shut the gate: all of it waits in order', () => {
    const recorder = new FrameRecorder();
    recorder.onEvent = (event) => {
      if (event !== 'end a') return;
      recorder.decoder.decode(frames({ opcode: 1, payload: 'c' }));
      recorder.decoder.setGate('shut');
    };
    recorder.decoder.decode(frames({ opcode: 1, payload: 'a' }, { opcode: 1, payload: 'b' }));
    expect(recorder.events).toEqual(['start FIN 1 of 1', 'end a']);
    recorder.decoder.setGate('open');
    const ends = recorder.events.filter((event) => event.startsWith('end'));
    expect(ends).toEqual(['end a', 'end b', 'end c']);
  });

  it('may throw: what follows the frame is decoded with the next read', () => {
    const bytes = frames(
      { opcode: 1, payload: 'a' },
      { opcode: 2, fin: false, payload: 'b' },
      { opcode: 0 },
      { opcode: 1, payload: 'c' },
    );
    const next = frames({ opcode: 1, payload: 'd' });
    for (const thrower of ['start FIN 1 of 1', 'end a', 'payload', 'end b', 'start FIN 0 of 0', 'end c']) {
      for (const { name, chunks } of everyCut(bytes)) {
        const recorder = new FrameRecorder();
        let thrown = 0;
        recorder.onEvent = (event) => {
          if (event === thrower && thrown++ === 0) throw new Error('from the handler');
        };
        for (const chunk of chunks) {
          try {
            recorder.decoder.decode(chunk);
          } catch (error) {
            expect((error as Error).message).toBe('from the handler');
          }
        }
        recorder.decoder.decode(Buffer.from(next));
        expect(thrown, name).toBeGreaterThan(0);
        const ends = recorder.events.filter((event) => event.startsWith('end'));
        expect(ends, `${name}, ${thrower}`).toEqual(['end a', 'end b', 'end', 'end c', 'end d']);
        expect(recorder.decoder.backlogged).toBe(false);
      }
    }
  });

  it('may shut and open the gate', () => {
    const recorder = new FrameRecorder();
    recorder.onEvent = () => {
      recorder.decoder.setGate('shut');
      recorder.decoder.setGate('open');
    };
    recorder.decoder.decode(frames({ opcode: 1, payload: 'a' }, { opcode: 1, payload: 'b' }));
    expect(recorder.events).toHaveLength(4);
  });
});

describe('many frames in one read', () => {
  const payloads = [24, 25, 26, 27, 30, 64, 125, 126, 200, 3, 24].map((length, index) =>
    Buffer.alloc(length, `${index}abcdefg`).toString(),
  );
  const bytes = Buffer.concat(
    payloads.map((payload) => rawFrame({ opcode: 2, payload, maskingKey: exampleKey })),
  );
  const expected = payloads.flatMap((payload) => [`start FIN 2 of ${payload.length}`, `end ${payload}`]);

  it('are unmasked wherever the read lies in its memory', () => {
    for (let offset = 0; offset < 8; offset++) {
      const memory = Buffer.alloc(offset + bytes.length + 3, 0x5a);
      bytes.copy(memory, offset);
      const recorder = new FrameRecorder({ masked: true });
      recorder.decoder.decode(memory.subarray(offset, offset + bytes.length));
      expect(recorder.events, `from ${offset}`).toEqual(expected);
      expect(memory.subarray(offset + bytes.length).toString()).toBe('ZZZ');
    }
  });

  it('come out the same in every cut', () => {
    expect(decodeEveryWay(bytes, { masked: true })).toEqual(expected);
  });
});
