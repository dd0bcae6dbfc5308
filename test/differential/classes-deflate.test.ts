import { agreedDeflate, classesOf } from './classes.js';
import { differential } from './differential.js';
import type { Implementation } from './implementations.js';
import type { Trace } from './trace.js';

type Deflate = ReturnType<typeof agreedDeflate>['deflate'];
type Step = [data: Buffer | string, fin: boolean];

/** Takes each payload in turn and tells what comes of it. */
async function each(
  trace: Trace,
  deflate: Deflate,
  method: 'compress' | 'decompress',
  steps: readonly Step[],
): Promise<Buffer[]> {
  const results: Buffer[] = [];
  for (const [data, fin] of steps) {
    await new Promise<void>((resolve) =>
      deflate[method](data as Buffer, fin, (error, result) => {
        trace(method, error, result);
        if (result) results.push(result);
        resolve();
      }),
    );
  }
  return results;
}

const agreed = (implementation: Implementation, options?: object, params?: object): Deflate =>
  agreedDeflate(implementation, options, params).deflate;

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const hello = hex('f248cdc9c90700');
const text = 'The quick brown fox jumps over the lazy dog. '.repeat(200);
const noise = Buffer.from(Array.from({ length: 20_000 }, (_, index) => (index * index * 31 + index) % 253));

differential('PerMessageDeflate, compress', [
  {
    name: 'with context takeover',
    async run(implementation, trace) {
      const deflate = agreed(implementation);
      const steps: Step[] = ['Hello', 'Hello', Buffer.from('Hello'), '', text, text, 'é😀'].map(
        (data): Step => [data, true],
      );
      await each(trace, deflate, 'compress', steps);
    },
  },
  {
    name: 'without context takeover',
    async run(implementation, trace) {
      const options = { serverNoContextTakeover: true };
      const deflate = agreed(implementation, options, { server_no_context_takeover: [true] });
      const steps: Step[] = ['Hello', 'Hello', '', text, 'Hello'].map((data): Step => [data, true]);
      await each(trace, deflate, 'compress', steps);
    },
  },
  {
    name: 'fragments',
    async run(implementation, trace) {
      for (const noTakeover of [false, true]) {
        const params = noTakeover ? { server_no_context_takeover: [true] } : {};
        const deflate = agreed(implementation, { serverNoContextTakeover: noTakeover }, params);
        await each(trace, deflate, 'compress', [
          ['Hello', false],
          ['Hello', true],
          ['Hel', false],
          ['lo', false],
          ['', true],
        ]);
      }
    },
  },
  {
    name: 'as a client',
    async run(implementation, trace) {
      const { PerMessageDeflate } = classesOf(implementation);
      const deflate = new PerMessageDeflate({});
      deflate.accept([{ client_no_context_takeover: [true] }]);
      await each(trace, deflate, 'compress', [
        ['Hello', true],
        ['Hello', true],
      ]);
    },
  },
  {
    name: 'level and strategy of zlibDeflateOptions',
    async run(implementation, trace) {
      for (const zlibDeflateOptions of [{ level: 0 }, { level: 1 }, { level: 9 }, { strategy: 4 }]) {
        const deflate = agreed(implementation, { zlibDeflateOptions });
        await each(trace, deflate, 'compress', [['Hello Hello', true]]);
      }
    },
  },
  {
    name: 'several at once, in their order',
    async run(implementation, trace) {
      const deflate = agreed(implementation);
      await Promise.all(
        ['one', 'two', 'three'].map(
          (data) =>
            new Promise<void>((resolve) =>
              deflate.compress(data, true, (error, result) => {
                trace(data, error, result);
                resolve();
              }),
            ),
        ),
      );
    },
  },
]);

differential('PerMessageDeflate, decompress', [
  {
    name: 'with context takeover',
    async run(implementation, trace) {
      await each(trace, agreed(implementation), 'decompress', [
        [hello, true],
        [hex('f200110000'), true],
        [hex('00'), true],
        [hex('000500faff48656c6c6f00'), true],
        [hex('f348cdc9c9070000'), true],
      ]);
    },
  },
  {
    name: 'without context takeover',
    async run(implementation, trace) {
      const deflate = agreed(implementation, {}, { client_no_context_takeover: [true] });
      await each(trace, deflate, 'decompress', [
        [hello, true],
        [hello, true],
      ]);
    },
  },
  {
    name: 'what the other end has compressed',
    async run(implementation, trace) {
      const { PerMessageDeflate } = classesOf(implementation);
      for (const options of [{}, { serverNoContextTakeover: true }, { serverMaxWindowBits: 9 }]) {
        const client = new PerMessageDeflate(options);
        const server = agreed(implementation, { ...options, threshold: 0 }, arrays(client.offer()));
        client.accept([arrays(server.params)]);
        const sent: Step[] = [text, 'Hello', noise, text].map((data): Step => [data, true]);
        const silent: Trace = () => {};
        const compressed = await each(silent, server, 'compress', sent);
        await each(
          trace,
          client,
          'decompress',
          compressed.map((data): Step => [data, true]),
        );
      }
    },
  },
  {
    name: 'maxPayload',
    async run(implementation, trace) {
      for (const maxPayload of [4, 5, 0])
        await each(trace, agreed(implementation, { maxPayload }), 'decompress', [[hello, true]]);
    },
  },
  {
    name: 'after cleanup it starts anew',
    async run(implementation, trace) {
      const deflate = agreed(implementation);
      deflate.cleanup();
      await each(trace, deflate, 'decompress', [[hello, true]]);
      await each(trace, deflate, 'compress', [['Hello', true]]);
      deflate.cleanup();
      await each(trace, deflate, 'compress', [['Hello', true]]);
      await each(trace, deflate, 'decompress', [[hello, true]]);
      deflate.cleanup();
      trace('params', deflate.params);
    },
  },
  {
    name: 'calls back in a later turn',
    async run(implementation, trace) {
      const deflate = agreed(implementation);
      const compressed = new Promise<void>((resolve) =>
        deflate.compress('Hello', true, () => {
          trace('compressed');
          resolve();
        }),
      );
      trace('returned');
      await compressed;
      const inflated = new Promise<void>((resolve) =>
        deflate.decompress(hello, true, () => {
          trace('inflated');
          resolve();
        }),
      );
      trace('returned');
      await inflated;
    },
  },
]);

/** Parameters in the form that a parsed header has. */
function arrays(params: object | null): never {
  return Object.fromEntries(
    Object.entries(params ?? {}).map(([name, value]) => [name, [value === true || String(value)]]),
  ) as never;
}

differential('PerMessageDeflate at work, where it differs', [
  {
    name: 'fragments that are decompressed',
    run: (implementation, trace) =>
      each(trace, agreed(implementation), 'decompress', [
        [hello.subarray(0, 3), false],
        [hello.subarray(3), true],
      ]).then(() => {}),
    differs: {
      because: 'deflate-fragments-joined',
      ws: ['decompress null Buffer <4865>', 'decompress null Buffer <6c6c6f>'],
      hawser: ['decompress null Buffer <>', 'decompress null Buffer <48656c6c6f>'],
    },
  },
  {
    name: 'an empty fragment that is compressed',
    run: (implementation, trace) =>
      each(trace, agreed(implementation), 'compress', [['', false]]).then(() => {}),
    differs: {
      because: 'deflate-empty-fragment',
      ws: ['compress null Buffer <000000ffff>'],
      hawser: ['compress null Buffer <>'],
    },
  },
  {
    name: 'data that is no DEFLATE',
    run: (implementation, trace) =>
      each(trace, agreed(implementation), 'decompress', [[hex('ffff'), true]]).then(() => {}),
    differs: {
      because: 'deflate-errors',
      ws: ['decompress Error(Z_DATA_ERROR: invalid block type) undefined'],
      hawser: [
        'decompress RangeError(WS_ERR_INVALID_DEFLATE_DATA: Invalid permessage-deflate payload: invalid block type) undefined',
      ],
    },
  },
  {
    name: 'data that ends inside a block',
    run: (implementation, trace) =>
      each(trace, agreed(implementation), 'decompress', [[hello.subarray(0, 3), true]]).then(() => {}),
    differs: {
      because: 'incomplete-blocks',
      ws: ['decompress null Buffer <486568>'],
      hawser: [
        'decompress RangeError(WS_ERR_INVALID_DEFLATE_DATA: Invalid permessage-deflate payload: invalid stored block lengths) undefined',
      ],
    },
  },
  {
    name: 'data behind a final block',
    run: (implementation, trace) =>
      each(trace, agreed(implementation), 'decompress', [
        [Buffer.concat([hex('f348cdc9c90700'), hello]), true],
      ]).then(() => {}),
    differs: {
      because: 'final-blocks',
      ws: ['decompress null Buffer <48656c6c6f>'],
      hawser: ['decompress null Buffer <48656c6c6f48656c6c6f>'],
    },
  },
  {
    name: 'cleanup while a message is compressed',
    async run(implementation, trace) {
      const deflate = agreed(implementation);
      const called = new Promise<void>((resolve) =>
        deflate.compress(noise, true, (error) => {
          trace('called', error);
          resolve();
        }),
      );
      deflate.cleanup();
      await called;
    },
    differs: {
      because: 'deflate-cleanup',
      ws: ['called Error(The deflate stream was closed while data was being processed)'],
      hawser: ['called Error(WS_ERR_CONNECTION_CLOSED: The connection was closed: 1006)'],
    },
  },
]);
