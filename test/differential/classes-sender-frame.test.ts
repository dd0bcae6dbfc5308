import { createHash } from 'node:crypto';
import { type Classes, classesOf, fixedKey } from './classes.js';
import { differential } from './differential.js';
import type { Implementation } from './implementations.js';
import type { Trace } from './trace.js';

const zeroKey = (target: Buffer): void => void target.fill(0);

const opcodes = [0, 1, 2, 3, 8, 9, 10, 15];
const sizes = [0, 1, 2, 3, 5, 125, 126, 127, 65_535, 65_536];
const booleans = [false, true, undefined];

type FrameOptions = Parameters<Classes['Sender']['frame']>[1];

/** Bytes that are told apart by their place, and as text one byte each. */
const bytesOf = (size: number): Buffer => Buffer.alloc(size, 'The quick brown fox jumps over the lazy dog. ');

function digest(bytes: Buffer): string {
  return `${bytes.length}:${createHash('sha1').update(bytes).digest('hex')}`;
}

/** The frame, in how many buffers it is, and whether the payload given was changed or handed on as it is. */
function traceFrame(
  implementation: Implementation,
  trace: Trace,
  data: Buffer | string,
  options: object,
): void {
  const { Sender } = classesOf(implementation);
  const before = typeof data === 'string' ? data : digest(data);
  const list = Sender.frame(data as Buffer, options as FrameOptions);
  const changed = typeof data !== 'string' && digest(data) !== before;
  const { generateMask: _, maskBuffer: __, ...plain } = options as Record<string, unknown>;
  trace(
    'frame',
    plain,
    list.length,
    digest(Buffer.concat(list)),
    list[0],
    changed,
    list[1] === (data as unknown),
  );
}

function traceAll(implementation: Implementation, trace: Trace, make: () => Buffer | string): void {
  for (const opcode of opcodes) {
    for (const fin of booleans) {
      for (const rsv1 of booleans) {
        traceFrame(implementation, trace, make(), { opcode, fin, rsv1, readOnly: false, mask: false });
        for (const readOnly of booleans) {
          const options = { opcode, fin, rsv1, readOnly, mask: true, generateMask: fixedKey };
          traceFrame(implementation, trace, make(), options);
        }
      }
    }
  }
}

differential(
  'Sender.frame of a Buffer',
  sizes.map((size) => ({
    name: `${size} bytes, every opcode, FIN, RSV1, mask and readOnly`,
    run: (implementation, trace) => traceAll(implementation, trace, () => bytesOf(size)),
  })),
);

differential(
  'Sender.frame of a string',
  sizes.map((size) => ({
    name: `${size} bytes, every opcode, FIN, RSV1, mask and readOnly`,
    run: (implementation, trace) => traceAll(implementation, trace, () => bytesOf(size).toString()),
  })),
);

const text = { opcode: 1, fin: true, rsv1: false };

differential('Sender.frame', [
  {
    name: 'text beyond ASCII, and lone surrogates',
    run(implementation, trace) {
      for (const data of ['é'.repeat(62), 'é'.repeat(63), '😀'.repeat(20_000), '\ud800', 'a\udc00b']) {
        for (const mask of [false, true])
          traceFrame(implementation, trace, data, { ...text, mask, generateMask: fixedKey });
      }
    },
  },
  {
    name: 'without FIN, RSV1, mask and readOnly in the options',
    run(implementation, trace) {
      for (const data of ['', 'a', Buffer.alloc(0), Buffer.from('abc')])
        traceFrame(implementation, trace, data, { opcode: 2 });
    },
  },
  {
    name: 'options that are truthy or falsy and no booleans',
    run(implementation, trace) {
      for (const value of [1, 0, 'yes', '', null]) {
        const options = { opcode: 1, fin: value, rsv1: value, readOnly: value, generateMask: fixedKey };
        traceFrame(implementation, trace, Buffer.from('abc'), { ...options, mask: false });
        traceFrame(implementation, trace, Buffer.from('abc'), { ...options, mask: value });
      }
    },
  },
  {
    name: 'a masking key of zeros',
    run(implementation, trace) {
      for (const readOnly of [false, true]) {
        for (const data of ['', 'abc', Buffer.from('abc'), bytesOf(70_000)])
          traceFrame(implementation, trace, data, { ...text, mask: true, readOnly, generateMask: zeroKey });
      }
    },
  },
  {
    name: 'a random masking key is four bytes and applies to the payload',
    run(implementation, trace) {
      const { Sender } = classesOf(implementation);
      for (const size of [0, 1, 200, 70_000]) {
        const payload = bytesOf(size);
        const options = { ...text, mask: true, readOnly: true } as FrameOptions;
        const frame = Buffer.concat(Sender.frame(payload, options));
        const headerSize = frame.length - size;
        const masked = frame.subarray(headerSize);
        const keyBytes = frame.subarray(headerSize - 4, headerSize);
        const unmasked = Buffer.from(masked.map((octet, index) => octet ^ (keyBytes[index & 3] as number)));
        trace('frame', frame.subarray(0, headerSize - 4), digest(unmasked));
      }
    },
  },
  {
    name: 'maskBuffer gets the key, with and without generateMask',
    run(implementation, trace) {
      const { Sender } = classesOf(implementation);
      for (const generateMask of [undefined, fixedKey]) {
        for (const size of [1, 126, 65_536]) {
          const maskBuffer = Buffer.alloc(4);
          const options = { ...text, mask: true, readOnly: false, maskBuffer, generateMask } as FrameOptions;
          const list = Sender.frame(bytesOf(size), options);
          const header = list[0] as Buffer;
          trace('same', header.subarray(-4).equals(maskBuffer), generateMask ? maskBuffer : 'random');
        }
      }
    },
  },
  {
    name: 'generateMask is called once per masked frame, with a buffer of four bytes',
    run(implementation, trace) {
      const { Sender } = classesOf(implementation);
      for (const mask of [true, false]) {
        for (const data of ['', 'abc', Buffer.from('abc')]) {
          const generateMask = (...values: unknown[]): void => {
            trace('called', values.length, Buffer.isBuffer(values[0]), (values[0] as Buffer).length);
            fixedKey(values[0] as Buffer);
          };
          Sender.frame(data as Buffer, { ...text, mask, readOnly: true, generateMask } as FrameOptions);
          trace('framed', mask);
        }
      }
    },
  },
  {
    name: 'a generateMask that throws',
    run(implementation, trace) {
      const { Sender } = classesOf(implementation);
      const generateMask = (): never => {
        throw new RangeError('no key');
      };
      try {
        Sender.frame(Buffer.from('a'), { ...text, mask: true, generateMask } as unknown as FrameOptions);
      } catch (error) {
        trace('thrown', error);
      }
    },
  },
  {
    name: 'a payload that is a part of a larger buffer leaves the rest alone',
    run(implementation, trace) {
      const { Sender } = classesOf(implementation);
      for (const readOnly of [false, true]) {
        const whole = bytesOf(300);
        const options = { ...text, mask: true, readOnly, generateMask: fixedKey } as FrameOptions;
        trace('frame', Buffer.concat(Sender.frame(whole.subarray(3, 203), options)), digest(whole));
      }
    },
  },
]);
