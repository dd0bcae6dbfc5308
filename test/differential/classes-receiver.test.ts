import { PassThrough } from 'node:stream';
import { agreedDeflate, attempt, classesOf } from './classes.js';
import { differential, type Program } from './differential.js';
import { closed, feed, type Hex, tracedReceiver } from './feeding.js';

type Case = [chunks: readonly Hex[], options?: object];

/** One program that feeds a fresh Receiver with each case in turn. */
function table(name: string, cases: readonly Case[]): Program {
  return {
    name,
    async run(implementation, trace) {
      for (const [chunks, options] of cases) {
        trace('case', chunks);
        await feed(implementation, trace, options, chunks);
      }
    },
  };
}

/** As `table`, with permessage-deflate agreed on. */
function deflated(name: string, cases: readonly Case[], params: object = {}): Program {
  return {
    name,
    async run(implementation, trace) {
      for (const [chunks, options] of cases) {
        trace('case', chunks);
        const { extensions } = agreedDeflate(implementation, options, params);
        await feed(implementation, trace, { ...options, extensions }, chunks);
      }
    },
  };
}

const length16 = (opcode: string, size: number): Hex =>
  `${opcode}7e${size.toString(16).padStart(4, '0')}${'61'.repeat(size)}`;
const length64 = (opcode: string, size: number): Hex =>
  `${opcode}7f${size.toString(16).padStart(16, '0')}${'61'.repeat(size)}`;
const server = { isServer: true };
const hello = 'f248cdc9c90700';

differential('Receiver, what it tells', [
  table('text and binary messages', [
    [['8100', '810161', '8104f09f9880', '8200', '820161', '82020001']],
    [[length16('81', 126), length16('82', 65_535), length64('81', 65_536), length64('82', 70_000)]],
  ]),
  table('masked frames at a server', [
    [['818537fa213d7f9f4d5158', '828537fa213d7f9f4d5158', '818000000000'], server],
    [['018337fa213d7f9f4d', '89810000000061', '808237fa213d5b95'], server],
  ]),
  table('fragments with control frames between them', [
    [['010161', '8900', '000162', '8a0163', '0000', '800164']],
    [['0100', '8000', '0200', '8000']],
    [['02026162', '00016380016481016581016601016780026869']],
  ]),
  table('pings and pongs', [[['8900', '890161', '8a00', '8a0161', `897d${'62'.repeat(125)}`]]]),
  table('close frames', [
    [['8800']],
    [['880203e8']],
    [['880503e8627965']],
    [['88020bb8']],
    [['8802138781']],
    [[`887d03e8${'c3a9'.repeat(61)}61`]],
    [['8101618800810162']],
    [['810161', '8800', '810162']],
  ]),
  table('frames that are cut', [
    [['81', '03', '61', '62', '63']],
    [['817e', '00', '7e', '61'.repeat(100), '61'.repeat(26), '8900']],
    [['818537fa', '213d7f', '9f4d51', '58'], server],
    [['0101', '61', '80', '0162', '88', '02', '03e8']],
    [['8105e0', 'a0', '80', 'c3', 'a9']],
  ]),
  {
    name: 'the end of the input, at a boundary and inside a frame',
    async run(implementation, trace) {
      for (const chunks of [[], ['810161'], ['8103'], ['81'], ['010161']])
        await feed(implementation, trace, {}, chunks, { end: true });
    },
  },
  table('binaryType', [
    [['8200', '820161', '810162', '02016300016400008001658a00'], { binaryType: 'nodebuffer' }],
    [['8200', '820161', '810162', '02016300016400008001658a00'], { binaryType: 'arraybuffer' }],
    [['8200', '820161', '810162', '02016300016400008001658a00'], { binaryType: 'fragments' }],
    [['8200', '820161', '810162', '02016300016400008001658a00'], { binaryType: 'blob' }],
    [['0200', '8000'], { binaryType: 'fragments' }],
  ]),
  table('skipUTF8Validation', [
    [['8101ff', '0101c3', '8001ff', '8102c3a9'], { skipUTF8Validation: true }],
    [['8102c3a9', '0101c3', '8001a9'], { skipUTF8Validation: false }],
    [['880303e8ff'], { skipUTF8Validation: true }],
  ]),
  table('maxPayload and maxFragments that suffice', [
    [['8103616161', '0102616180016182036161618904616161618100'], { maxPayload: 3 }],
    [['8103616161', '01026161800161'], { maxPayload: 0 }],
    [['010161000161800161', '810161', '010161000161800161'], { maxFragments: 3 }],
    [['010161890000016189008a00800161'], { maxFragments: 3 }],
    [['010161000161800161'], { maxFragments: 0 }],
  ]),
  table('allowSynchronousEvents false', [
    [['810161810162810163', '8900', '8a008104f09f9880'], { allowSynchronousEvents: false }],
    [['810161', '890161', '880203e8'], { allowSynchronousEvents: false }],
    [['810161890161880203e8810162'], { allowSynchronousEvents: false }],
    [['010161', '890162', '800163'], { allowSynchronousEvents: false, binaryType: 'fragments' }],
  ]),
]);

differential('Receiver with permessage-deflate', [
  deflated('messages, compressed and plain', [
    [[`c107${hello}`, '810161', 'c105f200110000', `c207${hello}`]],
    [[`c107${hello}810161890162`, '8a00']],
    [['c10100', 'c20100', 'c10b000500faff48656c6c6f00', 'c108f348cdc9c9070000']],
    [[`c107${hello}8800`]],
  ]),
  deflated('fragments', [
    [['4103f248cd', '8004c9c90700', '810161']],
    [['4103f248cd0001c9', '8003c90700', '8900']],
    [['4203f248cd', '8004c9c90700']],
  ]),
  deflated('binaryType', [
    [[`c207${hello}`, '820161'], { binaryType: 'arraybuffer' }],
    [[`c207${hello}`, '820161'], { binaryType: 'fragments' }],
    [[`c207${hello}`, '820161'], { binaryType: 'blob' }],
  ]),
  deflated('allowSynchronousEvents false', [
    [[`c107${hello}810161890162`, 'c105f200110000'], { allowSynchronousEvents: false }],
  ]),
  deflated('no context takeover', [[[`c107${hello}`, `c107${hello}`]]], {
    client_no_context_takeover: [true],
  }),
  deflated('skipUTF8Validation', [[['c107000100feffff00'], { skipUTF8Validation: true }]]),
  {
    name: 'maxPayload of the extension and of the Receiver',
    async run(implementation, trace) {
      // A hundred kilobytes of one letter, in fewer bytes than the limit.
      const { PerMessageDeflate } = classesOf(implementation);
      const big = await new Promise<Buffer>((resolve, reject) => {
        const deflate = new PerMessageDeflate({ isServer: true, serverNoContextTakeover: false });
        deflate.accept([{ client_no_context_takeover: [true] }]);
        deflate.compress(Buffer.alloc(100_000, 'a'), true, (error, bytes) =>
          error ? reject(error) : resolve(bytes as Buffer),
        );
      });
      const header = { opcode: 1, fin: true, rsv1: true };
      const frame = Buffer.concat(classesOf(implementation).Sender.frame(big, header)).toString('hex');
      for (const [own, extension] of [
        [0, 0],
        [100_000, 0],
        [99_999, 0],
        [0, 100_000],
        [0, 99_999],
        [1000, 1000],
      ]) {
        const { extensions } = agreedDeflate(implementation, { maxPayload: extension });
        await feed(implementation, trace, { maxPayload: own, extensions }, [frame, '810161']);
      }
    },
  },
]);

differential('Receiver, as a Writable', [
  {
    name: 'every event in a turn of its own, or several',
    async run(implementation, trace) {
      for (const allowSynchronousEvents of [true, false, undefined]) {
        const { Receiver } = classesOf(implementation);
        const receiver = new Receiver({ allowSynchronousEvents });
        const told = (data: unknown): void => {
          trace('event', data);
          process.nextTick(() => trace('tick'));
          void Promise.resolve().then(() => trace('microtask'));
          setImmediate(() => trace('turn'));
        };
        for (const event of ['message', 'ping', 'pong']) receiver.on(event, told);
        await new Promise<void>((resolve) => {
          receiver.write(Buffer.from('8101618901628a0163810164', 'hex'), () => setImmediate(resolve));
          trace('returned', allowSynchronousEvents);
        });
      }
    },
  },
  {
    name: 'cork and uncork',
    async run(implementation, trace) {
      const receiver = tracedReceiver(implementation, trace);
      receiver.cork();
      receiver.write(Buffer.from('8101', 'hex'));
      receiver.write(Buffer.from('61', 'hex'));
      trace('corked', receiver.writableLength);
      receiver.uncork();
      receiver.end();
      await closed(receiver);
    },
  },
  {
    name: 'strings with an encoding',
    async run(implementation, trace) {
      const receiver = tracedReceiver(implementation, trace);
      receiver.write('810161', 'hex');
      receiver.write('gQFi', 'base64');
      receiver.write('\u0001\u0001c', 'latin1');
      receiver.end();
      await closed(receiver);
    },
  },
  {
    name: 'a write waits while a message is inflated',
    async run(implementation, trace) {
      const { extensions } = agreedDeflate(implementation);
      const receiver = tracedReceiver(implementation, trace, { extensions });
      trace('writable', receiver.writableHighWaterMark, receiver.writableObjectMode);
      receiver.write(Buffer.from(`c107${hello}`, 'hex'), () => trace('first'));
      trace('waiting', receiver.writableLength, receiver.writableNeedDrain);
      trace('more', receiver.write(Buffer.from('8a00', 'hex')));
      trace('full', receiver.write(Buffer.alloc(20_000, '8a00', 'hex')));
      receiver.destroy();
      await closed(receiver);
    },
  },
  {
    name: 'drain after a full buffer',
    async run(implementation, trace) {
      const { Receiver } = classesOf(implementation);
      const { extensions } = agreedDeflate(implementation);
      const receiver = new Receiver({ extensions });
      let pongs = 0;
      receiver.on('pong', () => pongs++);
      receiver.on('message', (data) => trace('message', data, pongs));
      const drained = new Promise<void>((resolve) => void receiver.once('drain', () => resolve()));
      trace('first', receiver.write(Buffer.from(`c107${hello}`, 'hex')));
      trace('second', receiver.write(Buffer.alloc(20_000, '8a00', 'hex')));
      await drained;
      trace('drained', pongs);
    },
  },
  {
    name: 'piped into, with the close frame in the middle',
    async run(implementation, trace) {
      const receiver = tracedReceiver(implementation, trace);
      const source = new PassThrough();
      source.on('unpipe', () => trace('unpipe'));
      source.pipe(receiver);
      source.write(Buffer.from('810161', 'hex'));
      source.write(Buffer.from('8800', 'hex'));
      await closed(receiver);
      trace('readable', source.readableFlowing);
    },
  },
  {
    name: 'a listener that throws',
    run(implementation, trace) {
      const { Receiver } = classesOf(implementation);
      const receiver = new Receiver();
      receiver.on('message', (data) => {
        throw new Error(`cannot handle ${data}`);
      });
      attempt(trace, 'write', () => receiver.write(Buffer.from('810161', 'hex')));
      trace('destroyed', receiver.destroyed);
    },
  },
  {
    name: 'a listener that removes itself',
    run(implementation, trace) {
      const { Receiver } = classesOf(implementation);
      const receiver = new Receiver();
      receiver.once('message', (data) => trace('message', data));
      receiver.write(Buffer.from('810161810162', 'hex'));
      trace('listeners', receiver.listenerCount('message'));
    },
  },
  {
    name: 'destroy, with and without an error',
    async run(implementation, trace) {
      for (const error of [undefined, new Error('mine')]) {
        const receiver = tracedReceiver(implementation, trace);
        receiver.destroy(error);
        await closed(receiver);
        await new Promise<void>((resolve) => {
          receiver.write(Buffer.from('810161', 'hex'), (failure) => {
            trace('write', failure);
            resolve();
          });
        });
      }
    },
  },
  {
    name: 'bytes are unmasked in place and handed out without a copy',
    run(implementation, trace) {
      const { Receiver } = classesOf(implementation);
      const receiver = new Receiver({ isServer: true });
      const bytes = Buffer.from('828537fa213d7f9f4d5158', 'hex');
      receiver.on('message', (data) => trace('shared', data.buffer === bytes.buffer));
      receiver.write(bytes);
      trace('bytes', bytes);
    },
  },
  {
    name: 'constructor without options, and called as a function',
    run(implementation, trace) {
      const { Receiver } = classesOf(implementation);
      for (const options of [undefined, {}]) trace('made', new Receiver(options).writable);
      attempt(trace, 'function', () => (Receiver as unknown as () => void)());
    },
  },
]);
