/** What must hold for every input: checked on arbitrary frames and bytes against a plain second model. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomChunks } from './every-cut.js';
import { closePayload, type RawFrame, readRawFrames } from './raw-frame.js';
import { engine, feedEveryWay, RecordingHandler, type Role, roles, words } from './recording-handler.js';
import { expectedOf, joinFrames } from './reference-peer.js';

const key = fc.uint8Array({ minLength: 4, maxLength: 4 });
const lengths = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 10 }) },
  { weight: 2, arbitrary: fc.constantFrom(124, 125, 126, 127, 128, 300) },
  { weight: 1, arbitrary: fc.constantFrom(1023, 1024, 4096, 5000, 65_535, 65_536, 70_000) },
);
const binary = fc.tuple(lengths, fc.nat()).map(([length, seed]) => Buffer.alloc(length, `${seed} `));
const text = fc.string({ unit: 'binary', maxLength: 80 }).map((value) => Buffer.from(value));
const mostlyText = fc.oneof(
  { weight: 8, arbitrary: text },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((octets) => Buffer.from(octets)) },
);
const maskFor = (role: Role) => (role === 'server' ? key : fc.constant(null));

/** Messages in fragments with control frames between them: what a good peer sends. */
function goodFrames(role: Role): fc.Arbitrary<RawFrame[]> {
  const control = fc.record({
    opcode: fc.constantFrom(9, 10),
    payload: fc.nat({ max: 125 }).map((length) => Buffer.alloc(length, 'control')),
    maskingKey: maskFor(role),
  });
  const message = fc
    .record({
      isBinary: fc.boolean(),
      content: text,
      large: binary,
      cuts: fc.array(fc.nat({ max: 80 }), { maxLength: 3 }),
      between: fc.array(control, { maxLength: 2 }),
      maskingKey: maskFor(role),
    })
    .map(({ isBinary, content, large, cuts, between, maskingKey }) => {
      const payload = isBinary ? large : content;
      const bounds = [
        0,
        ...cuts.map((cut) => Math.min(cut, payload.length)).sort((a, b) => a - b),
        payload.length,
      ];
      return bounds.slice(1).flatMap((end, index): RawFrame[] => {
        const opcode = index > 0 ? 0 : isBinary ? 2 : 1;
        const fin = index === bounds.length - 2;
        const frame = { opcode, fin, payload: payload.subarray(bounds[index], end), maskingKey };
        return fin ? [frame] : [frame, ...between];
      });
    });
  return fc.array(message, { maxLength: 5 }).map((messages) => messages.flat());
}

/** Frames of every kind, many of them wrong. */
function anyFrames(role: Role): fc.Arbitrary<RawFrame[]> {
  const data = fc.record<RawFrame>({
    opcode: fc.constantFrom(0, 0, 1, 1, 2),
    fin: fc.boolean(),
    rsv: fc.constantFrom(0, 0, 0, 0, 0, 4),
    payload: mostlyText,
    maskingKey: maskFor(role),
  });
  const control = fc.record<RawFrame>({
    opcode: fc.constantFrom(9, 10),
    payload: fc.constantFrom(0, 1, 125, 125, 126).map((length) => 'x'.repeat(length)),
    maskingKey: maskFor(role),
  });
  const code = fc.oneof(fc.constantFrom(999, 1000, 1004, 1005, 1006, 1014, 1015, 2999, 3000, 4999, 5000));
  const close = fc.record<RawFrame>({
    opcode: fc.constant(8),
    payload: fc.oneof(
      fc.constantFrom(Buffer.alloc(0), Buffer.alloc(1)),
      fc.tuple(code, mostlyText).map(([value, reason]) => closePayload(value, reason)),
    ),
    maskingKey: maskFor(role),
  });
  const odd = fc.record<RawFrame>({
    opcode: fc.nat({ max: 15 }),
    fin: fc.boolean(),
    rsv: fc.nat({ max: 7 }),
    payload: mostlyText,
    maskingKey: fc.option(key, { nil: null }),
    announced: fc.constantFrom(
      0,
      125,
      126,
      65_535,
      65_536,
      2 ** 53 - 1,
      1n << 53n,
      (1n << 63n) - 1n,
      1n << 63n,
    ),
    lengthBits: fc.constantFrom(16, 64),
  });
  const frame = fc.oneof(
    { weight: 12, arbitrary: data },
    { weight: 3, arbitrary: control },
    { weight: 1, arbitrary: close },
    { weight: 1, arbitrary: odd.filter(fitsItsLength) },
  );
  return fc.array(frame, { maxLength: 12 });
}

function fitsItsLength({ announced = 0, lengthBits }: RawFrame): boolean {
  return lengthBits === 64 || announced < 65_536;
}

const optionsOf = fc.record({
  perMessageDeflate: fc.boolean(),
  maxPayload: fc.constantFrom(104_857_600, 100, 20),
  maxFragments: fc.constantFrom(131_072, 3, 2),
});

describe.each(roles)('a %s', (role) => {
  it('receives what a good peer sends', () => {
    const property = fc.property(goodFrames(role), (frames) => {
      const input = joinFrames(frames);
      const recording = feedEveryWay(input, engine(role));
      expect(recording).toEqual(expectedOf(input, { role }));
      expect(recording.events.some((event) => event.startsWith('failed'))).toBe(false);
    });
    fc.assert(property, { seed: 6455, numRuns: 150 });
  });

  it('judges arbitrary frames as the second model does', () => {
    const property = fc.property(anyFrames(role), optionsOf, (frames, options) => {
      const input = joinFrames(frames);
      expect(feedEveryWay(input, engine(role, options))).toEqual(expectedOf(input, { role, ...options }));
    });
    fc.assert(property, { seed: 6455, numRuns: 1_500 });
  });

  it('judges a prefix of frames as the second model does', () => {
    const property = fc.property(goodFrames(role), fc.nat({ max: 2_000 }), (frames, length) => {
      const input = joinFrames(frames).subarray(0, length);
      expect(feedEveryWay(input, engine(role))).toEqual(expectedOf(input, { role }));
    });
    fc.assert(property, { seed: 6455, numRuns: 200 });
  });

  it('never throws for arbitrary bytes, and judges them as the second model does', () => {
    const property = fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.boolean(),
      (bytes, perMessageDeflate) => {
        const input = Buffer.from(bytes);
        const recording = feedEveryWay(input, engine(role, { perMessageDeflate }));
        expect(recording).toEqual(expectedOf(input, { role, perMessageDeflate }));
      },
    );
    fc.assert(property, { seed: 6455, numRuns: 1_500 });
  });

  it('sends what its peer receives', () => {
    const message = fc.record({
      isBinary: fc.boolean(),
      fragments: fc.array(fc.oneof(text, binary), { minLength: 1, maxLength: 3 }),
      ping: fc.option(
        text.map((payload) => payload.subarray(0, 100)),
        { nil: null },
      ),
      corked: fc.boolean(),
    });
    const property = fc.property(fc.array(message, { maxLength: 5 }), fc.nat(), (messages, seed) => {
      const sender = new RecordingHandler();
      const protocol = engine(role)(sender);
      const expected: string[] = [];
      for (const { isBinary, fragments, ping, corked } of messages) {
        if (corked) protocol.cork();
        if (ping !== null) {
          protocol.ping(ping);
          expected.push(`ping ${words(ping)}`.trimEnd());
        }
        fragments.forEach((fragment, index) => {
          const payload = isBinary ? fragment : fragment.toString();
          protocol.send(payload, isBinary, index === fragments.length - 1);
        });
        const whole = Buffer.concat(fragments);
        const asText = Buffer.from(fragments.map(String).join(''));
        const shown = asText.length <= 200 ? JSON.stringify(asText.toString()) : words(asText);
        expected.push(isBinary ? `binary ${words(whole)}` : `text ${shown}`);
        protocol.uncork();
      }
      const receiver = new RecordingHandler();
      const peer = engine(role === 'server' ? 'client' : 'server')(receiver);
      for (const chunk of randomChunks(sender.output, seed)) peer.receive(chunk);
      expect(receiver.settle()).toEqual(expected);
      const { frames, rest } = readRawFrames(sender.output);
      expect(rest.length).toBe(0);
      expect(frames.every(({ masked }) => masked === (role === 'client'))).toBe(true);
    });
    fc.assert(property, { seed: 6455, numRuns: 200 });
  });
});
