/** What messages are made of, how long they are, and their order. */
import { directions } from '../scene.js';
import { ascii, exchange, expectSame, type Group, noise, transfer } from './scenario.js';

const texts = [
  'hello',
  '',
  '我是阿宝哥',
  'Grüße, мир, שלום',
  '👩‍👩‍👧‍👦 𝄞',
  'one\r\ntwo\n\u0000 end',
  '\uffff',
];
const binaries = [
  Buffer.from([1, 2, 3]),
  Buffer.alloc(0),
  Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  // What is no UTF-8 is no matter here.
  Buffer.from([0xff, 0xfe, 0xc0, 0x80]),
];
/** Where the length in a frame's header takes another form (RFC 6455 §5.2), and large ones. */
const sizes = [1, 124, 125, 126, 127, 65_535, 65_536, 65_537, 1_048_576];

export const messages: Group = {
  name: 'messages',
  scenarios: (scene) => [
    { name: 'text', run: async () => exchange(await scene.open(), texts) },
    { name: 'binary', run: async () => exchange(await scene.open(), binaries) },
    ...directions.map(({ from, to }) => ({
      name: `a byte order mark from the ${from}`,
      async run() {
        const ends = await scene.open();
        await ends[from].send('\ufeffmark');
        // What the WHATWG standard has is "UTF-8 decode without BOM": it is part of the text.
        const isKept = scene[to].abilities.has('byte order mark');
        expectSame(await ends[to].message(), isKept ? '\ufeffmark' : 'mark');
      },
    })),
    ...sizes.map((size) => ({
      name: `${size} bytes`,
      run: async () => exchange(await scene.open(), [ascii(size), noise(size)]),
    })),
    ...directions.map(({ from, to }) => ({
      name: `5 MiB from the ${from}`,
      async run() {
        const ends = await scene.open();
        await transfer(ends[from], ends[to], [noise(5 * 1_048_576)]);
      },
    })),
    {
      name: '100 in order, both ways at once',
      async run() {
        const numbered = Array.from({ length: 100 }, (_, index) =>
          index % 3 === 0 ? noise(index * 7, index) : `${index}: ${ascii(index * 13)}`,
        );
        await exchange(await scene.open(), numbered);
      },
    },
  ],
};
