import { agreedDeflate, attempt, classesOf } from './classes.js';
import { differential, type Program } from './differential.js';
import { closed, feed, type Hex, tracedReceiver } from './feeding.js';

/** Feeds a Receiver, with permessage-deflate where `deflate` has its options. */
function feeding(chunks: readonly Hex[], options: object = {}, deflate?: object): Program['run'] {
  return (implementation, trace) => {
    const extensions = deflate && agreedDeflate(implementation, deflate).extensions;
    return feed(implementation, trace, { ...options, extensions }, chunks);
  };
}

differential('Receiver, where it is stricter', [
  {
    name: 'a length in two bytes that fits into one',
    run: feeding(['817e000161']),
    differs: {
      because: 'minimal-lengths',
      ws: ['message Buffer <61> false', 'returned 0 true', 'written 0 undefined', 'state false false false'],
      hawser: [
        'returned 0 false',
        'written 0 "WS_ERR_INVALID_PAYLOAD_LENGTH_ENCODING"',
        'error RangeError(WS_ERR_INVALID_PAYLOAD_LENGTH_ENCODING: Invalid WebSocket frame: payload length is not minimally encoded)',
        'close',
        'state true false false',
      ],
    },
  },
  {
    name: 'a length in eight bytes that fits into one',
    run: feeding(['827f000000000000000161']),
    differs: {
      because: 'minimal-lengths',
      ws: ['message Buffer <61> true', 'returned 0 true', 'written 0 undefined', 'state false false false'],
      hawser: [
        'returned 0 false',
        'written 0 "WS_ERR_INVALID_PAYLOAD_LENGTH_ENCODING"',
        'error RangeError(WS_ERR_INVALID_PAYLOAD_LENGTH_ENCODING: Invalid WebSocket frame: payload length is not minimally encoded)',
        'close',
        'state true false false',
      ],
    },
  },
  {
    name: 'a length with its top bit set',
    run: feeding(['827f8000000000000000']),
    differs: {
      because: 'minimal-lengths',
      ws: [
        'returned 0 false',
        'written 0 "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH"',
        'error RangeError(WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: Unsupported WebSocket frame: payload length > 2^53 - 1)',
        'close',
        'state true false false',
      ],
      hawser: [
        'returned 0 false',
        'written 0 "WS_ERR_INVALID_PAYLOAD_LENGTH_ENCODING"',
        'error RangeError(WS_ERR_INVALID_PAYLOAD_LENGTH_ENCODING: Invalid WebSocket frame: payload length is not minimally encoded)',
        'close',
        'state true false false',
      ],
    },
  },
  {
    name: 'text whose first fragment is not UTF-8',
    run: feeding(['0101ff', '0001ff']),
    differs: {
      because: ['utf8-at-once', 'utf8-error-class'],
      ws: [
        'returned 0 true',
        'returned 1 true',
        'written 0 undefined',
        'written 1 undefined',
        'state false false false',
      ],
      hawser: [
        'returned 0 false',
        'returned 1 false',
        'written 0 "WS_ERR_INVALID_UTF8"',
        'written 1 "WS_ERR_INVALID_UTF8"',
        'error RangeError(WS_ERR_INVALID_UTF8: Invalid WebSocket frame: invalid UTF-8 sequence)',
        'close',
        'state true false false',
      ],
    },
  },
  {
    name: 'text that is not UTF-8, while its frame is under way',
    run: feeding(['8103ff']),
    differs: {
      because: ['utf8-at-once', 'utf8-error-class'],
      ws: ['returned 0 true', 'written 0 undefined', 'state false false false'],
      hawser: [
        'returned 0 false',
        'written 0 "WS_ERR_INVALID_UTF8"',
        'error RangeError(WS_ERR_INVALID_UTF8: Invalid WebSocket frame: invalid UTF-8 sequence)',
        'close',
        'state true false false',
      ],
    },
  },
  {
    name: 'a compressed message that ends inside a block',
    run: feeding(['c103f248cd'], {}, {}),
    differs: {
      because: 'incomplete-blocks',
      ws: [
        'returned 0 true',
        'message Buffer <486568> false',
        'written 0 undefined',
        'state false false false',
      ],
      hawser: [
        'returned 0 true',
        'written 0 "WS_ERR_INVALID_DEFLATE_DATA"',
        'error RangeError(WS_ERR_INVALID_DEFLATE_DATA: Invalid permessage-deflate payload: invalid stored block lengths)',
        'close',
        'state true false false',
      ],
    },
  },
  {
    name: 'a compressed message without a byte',
    run: feeding(['c100'], {}, {}),
    differs: {
      because: 'incomplete-blocks',
      ws: ['returned 0 true', 'message Buffer <> false', 'written 0 undefined', 'state false false false'],
      hawser: [
        'returned 0 true',
        'written 0 "WS_ERR_INVALID_DEFLATE_DATA"',
        'error RangeError(WS_ERR_INVALID_DEFLATE_DATA: Invalid permessage-deflate payload: invalid stored block lengths)',
        'close',
        'state true false false',
      ],
    },
  },
]);

differential('Receiver, errors', [
  {
    name: 'text that is not UTF-8',
    run: feeding(['8101ff']),
    differs: {
      because: 'utf8-error-class',
      ws: [
        'returned 0 false',
        'written 0 "WS_ERR_INVALID_UTF8"',
        'error Error(WS_ERR_INVALID_UTF8: Invalid WebSocket frame: invalid UTF-8 sequence)',
        'close',
        'state true false false',
      ],
      hawser: [
        'returned 0 false',
        'written 0 "WS_ERR_INVALID_UTF8"',
        'error RangeError(WS_ERR_INVALID_UTF8: Invalid WebSocket frame: invalid UTF-8 sequence)',
        'close',
        'state true false false',
      ],
    },
  },
  {
    name: 'text that is not UTF-8 once it is inflated',
    run: feeding(['c107000100feffff00'], {}, {}),
    differs: {
      because: 'utf8-error-class',
      ws: [
        'returned 0 true',
        'written 0 "WS_ERR_INVALID_UTF8"',
        'error Error(WS_ERR_INVALID_UTF8: Invalid WebSocket frame: invalid UTF-8 sequence)',
        'close',
        'state true false false',
      ],
      hawser: [
        'returned 0 true',
        'written 0 "WS_ERR_INVALID_UTF8"',
        'error RangeError(WS_ERR_INVALID_UTF8: Invalid WebSocket frame: invalid UTF-8 sequence)',
        'close',
        'state true false false',
      ],
    },
  },
  {
    name: 'a close reason that is not UTF-8',
    run: feeding(['880303e8ff']),
    differs: {
      because: 'utf8-error-class',
      ws: [
        'returned 0 false',
        'written 0 "WS_ERR_INVALID_UTF8"',
        'error Error(WS_ERR_INVALID_UTF8: Invalid WebSocket frame: invalid UTF-8 sequence)',
        'close',
        'state true false false',
      ],
      hawser: [
        'returned 0 false',
        'written 0 "WS_ERR_INVALID_UTF8"',
        'error RangeError(WS_ERR_INVALID_UTF8: Invalid WebSocket frame: invalid UTF-8 sequence)',
        'close',
        'state true false false',
      ],
    },
  },
  {
    name: 'data that is not compressed',
    run: feeding(['c102ffff'], {}, {}),
    differs: {
      because: 'deflate-errors',
      ws: [
        'returned 0 true',
        'written 0 "Z_DATA_ERROR"',
        'error Error(Z_DATA_ERROR: invalid block type)',
        'close',
        'state true false false',
      ],
      hawser: [
        'returned 0 true',
        'written 0 "WS_ERR_INVALID_DEFLATE_DATA"',
        'error RangeError(WS_ERR_INVALID_DEFLATE_DATA: Invalid permessage-deflate payload: invalid block type)',
        'close',
        'state true false false',
      ],
    },
  },
  {
    name: 'the close code that an error stands for',
    async run(implementation, trace) {
      for (const frame of ['8301', '8101ff', '81026161']) {
        const { Receiver } = classesOf(implementation);
        const receiver = new Receiver({ maxPayload: 1 });
        receiver.on('error', (error) => trace('error', (error as { closeCode?: number }).closeCode));
        receiver.write(Buffer.from(frame, 'hex'));
        await closed(receiver);
      }
    },
    differs: {
      because: 'receiver-close-code',
      ws: ['error undefined', 'error undefined', 'error undefined'],
      hawser: ['error 1002', 'error 1007', 'error 1009'],
    },
  },
]);

differential('Receiver, what it keeps', [
  {
    name: 'maxBufferedChunks',
    run: feeding(['8103', '61', '61', '61'], { maxBufferedChunks: 1 }),
    differs: {
      because: 'server-max-buffered-chunks',
      ws: [
        'returned 0 true',
        'returned 1 true',
        'returned 2 false',
        'returned 3 false',
        'written 0 undefined',
        'written 1 undefined',
        'written 2 "WS_ERR_TOO_MANY_BUFFERED_PARTS"',
        'written 3 "WS_ERR_TOO_MANY_BUFFERED_PARTS"',
        'error RangeError(WS_ERR_TOO_MANY_BUFFERED_PARTS: Too many buffered chunks)',
        'close',
        'state true false false',
      ],
      hawser: [
        'returned 0 true',
        'returned 1 true',
        'returned 2 true',
        'message Buffer <616161> false',
        'returned 3 true',
        'written 0 undefined',
        'written 1 undefined',
        'written 2 undefined',
        'written 3 undefined',
        'state false false false',
      ],
    },
  },
  {
    name: 'a ping between the fragments of a compressed message',
    run: feeding(['4103f248cd890161', '8004c9c90700'], {}, {}),
    differs: {
      because: 'deflate-fragments-joined',
      ws: [
        'returned 0 true',
        'returned 1 true',
        'ping Buffer <61>',
        'written 0 undefined',
        'message Buffer <48656c6c6f> false',
        'written 1 undefined',
        'state false false false',
      ],
      hawser: [
        'ping Buffer <61>',
        'returned 0 true',
        'returned 1 true',
        'written 0 undefined',
        'message Buffer <48656c6c6f> false',
        'written 1 undefined',
        'state false false false',
      ],
    },
  },
  {
    name: 'a compressed message as fragments',
    run: feeding(['4203f248cd', '8004c9c90700'], { binaryType: 'fragments' }, {}),
    differs: {
      because: 'deflate-fragments-joined',
      ws: [
        'returned 0 true',
        'returned 1 true',
        'written 0 undefined',
        'message [Buffer <4865>, Buffer <6c6c6f>] true',
        'written 1 undefined',
        'state false false false',
      ],
      hawser: [
        'returned 0 true',
        'returned 1 true',
        'written 0 undefined',
        'message [Buffer <48656c6c6f>] true',
        'written 1 undefined',
        'state false false false',
      ],
    },
  },
  {
    name: 'destroyed in a listener',
    async run(implementation, trace) {
      const receiver = tracedReceiver(implementation, trace);
      receiver.on('message', () => receiver.destroy());
      receiver.write(Buffer.from('810161810162', 'hex'));
      await closed(receiver);
    },
    differs: {
      because: 'receiver-silent-once-destroyed',
      ws: ['message Buffer <61> false', 'message Buffer <62> false'],
      hawser: ['message Buffer <61> false'],
    },
  },
  {
    name: 'a binaryType that there is not',
    run(implementation, trace) {
      const { Receiver } = classesOf(implementation);
      attempt(trace, 'binaryType', () => {
        const receiver = new Receiver({ binaryType: 'buffer' as 'blob' });
        receiver.on('message', (data) => trace('message', data));
        return receiver.write(Buffer.from('820161', 'hex'));
      });
    },
    differs: {
      because: 'wrong-options',
      ws: ['message [Buffer <61>]', 'binaryType true'],
      hawser: ['binaryType "throws" TypeError(There is no binaryType "buffer")'],
    },
  },
]);
