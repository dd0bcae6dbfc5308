import { describe, expect, it } from 'vitest';
import { type MessageMode, MessageReceiver } from '../../src/protocol/message-receiver.js';
import { RecordingHandler } from './recording-handler.js';

interface Message {
  isBinary?: boolean;
  compressed?: boolean;
  /** Fragments, each as the pieces it came in; one piece that is all is passed on as such. */
  fragments: string[][];
}

function receive(mode: MessageMode, messages: Message[], validate = true) {
  const handler = new RecordingHandler();
  const receiver = new MessageReceiver(handler, validate);
  receiver.mode = mode;
  for (const message of messages) {
    const error = deliver(receiver, message);
    if (error !== null) return [...handler.settle(), error.code];
  }
  return handler.settle();
}

function deliver(receiver: MessageReceiver, { isBinary = false, compressed = false, fragments }: Message) {
  receiver.start(isBinary, compressed);
  for (const [index, pieces] of fragments.entries()) {
    for (const piece of pieces) {
      const only = fragments.length === 1 && pieces.length === 1;
      const error = receiver.push(Buffer.from(piece, 'latin1'), only);
      if (error !== null) return error;
    }
    if (index < fragments.length - 1) receiver.endFragment();
  }
  return receiver.end();
}

const hello: Message = { fragments: [['Hel', 'lo'], [' '], [], ['world']] };

describe('mode whole', () => {
  it('joins fragments', () => {
    expect(receive('whole', [hello])).toEqual(['text "Hello world"']);
    expect(receive('whole', [{ ...hello, isBinary: true }])).toEqual(['binary 48656c6c6f20776f726c64']);
  });

  it('hands a payload of one piece out without a copy', () => {
    const handler = new RecordingHandler();
    let handed: Buffer | Buffer[] | undefined;
    handler.message = (payload) => {
      handed = payload;
    };
    const receiver = new MessageReceiver(handler, true);
    const piece = Buffer.from('one piece');
    receiver.start(false, false);
    expect(receiver.push(piece, true)).toBeNull();
    expect(receiver.end()).toBeNull();
    expect(handed).toBe(piece);
  });

  it('gives empty messages', () => {
    expect(receive('whole', [{ fragments: [[]] }, { fragments: [[], [], []], isBinary: true }])).toEqual([
      'text ""',
      'binary ',
    ]);
  });

  it('passes compressed messages on as they are, with what they will be', () => {
    const notUtf8 = [['\xff\xfe'], ['\x80']];
    expect(
      receive('whole', [
        { fragments: notUtf8, compressed: true },
        { fragments: [['\xff']], compressed: true, isBinary: true },
      ]),
    ).toEqual(['compressed text fffe80', 'compressed binary ff']);
  });
});

describe('UTF-8', () => {
  it.each<[string, string[][]]>([
    ['one piece', [['\xff']]],
    ['one piece, truncated', [['\xe2\x82']]],
    ['several pieces', [['a', '\xff', 'never looked at']]],
    ['the first of several fragments', [['\xc0'], ['b']]],
    ['a code point cut by a fragment and continued wrongly', [['\xe2\x82'], ['a']]],
    ['a code point that the last fragment leaves open', [['a'], ['\xf0\x9f\x98']]],
    ['a code point that an empty last fragment leaves open', [['\xf0\x9f\x98'], []]],
  ])('fails: %s', (_name, fragments) => {
    for (const mode of ['whole', 'fragments'] as const) {
      expect(receive(mode, [{ fragments }])).toEqual(['WS_ERR_INVALID_UTF8']);
    }
    expect(receive('streaming', [{ fragments }]).at(-1)).toBe('WS_ERR_INVALID_UTF8');
  });

  it('may be cut anywhere', () => {
    const fragments = [['\xf0'], ['\x9f', '\x98'], [], ['\x80\xe2'], ['\x82\xac']];
    expect(receive('whole', [{ fragments }])).toEqual(['text "😀€"']);
  });

  it('starts afresh with every message', () => {
    const message = { fragments: [['\xe2'], ['\x82\xac']] };
    expect(receive('whole', [message, message])).toEqual(['text "€"', 'text "€"']);
  });

  it('is no rule for binary messages, and none where it is turned off', () => {
    expect(receive('whole', [{ fragments: [['\xff'], ['\xc0']], isBinary: true }])).toEqual(['binary ffc0']);
    expect(receive('whole', [{ fragments: [['\xff', '\xc0']] }], false)).toEqual(['text "��"']);
    expect(receive('whole', [{ fragments: [['\xff']] }], false)).toEqual(['text "�"']);
  });
});

describe('mode fragments', () => {
  it('gives binary messages as their fragments, leaving empty ones out', () => {
    const fragments = [['a', 'b'], ['c'], [], ['d']];
    expect(receive('fragments', [{ fragments, isBinary: true }])).toEqual(['fragments [6162, 63, 64]']);
    expect(receive('fragments', [{ fragments: [['ab']], isBinary: true }])).toEqual(['fragments [6162]']);
    expect(receive('fragments', [{ fragments: [[]], isBinary: true }])).toEqual(['fragments []']);
  });

  it('gives text and compressed messages whole', () => {
    expect(receive('fragments', [hello])).toEqual(['text "Hello world"']);
    expect(receive('fragments', [{ ...hello, isBinary: true, compressed: true }])).toEqual([
      'compressed binary 48656c6c6f20776f726c64',
    ]);
  });
});

describe('mode streaming', () => {
  it('gives the beginning, pieces and the end', () => {
    expect(receive('streaming', [hello, { fragments: [[]], isBinary: true }])).toEqual([
      'start text',
      'data 48656c6c6f20776f726c64',
      'end',
      'start binary',
      'end',
    ]);
    expect(receive('streaming', [{ fragments: [['\xff']], compressed: true }])).toEqual([
      'start compressed text',
      'data ff',
      'end',
    ]);
  });

  it('gives each piece as it comes, valid so far', () => {
    const seen: string[] = [];
    const handler = new RecordingHandler();
    handler.messageData = (piece) => seen.push(piece.toString('latin1'));
    const receiver = new MessageReceiver(handler, true);
    receiver.mode = 'streaming';
    receiver.start(false, false);
    expect(receiver.push(Buffer.from([0x61, 0xe2]), false)).toBeNull();
    expect(receiver.push(Buffer.from([0xff]), false)?.code).toBe('WS_ERR_INVALID_UTF8');
    expect(seen).toEqual(['a\xe2']);
  });

  it('needs no handler for its events', () => {
    const silent = { message: () => {}, compressedMessage: () => {} };
    const receiver = new MessageReceiver(silent, true);
    receiver.mode = 'streaming';
    expect(deliver(receiver, hello)).toBeNull();
  });
});

describe('a change of mode', () => {
  it('counts from the next message on', () => {
    const handler = new RecordingHandler();
    const receiver = new MessageReceiver(handler, true);
    receiver.start(true, false);
    receiver.push(Buffer.from('a'), false);
    receiver.mode = 'streaming';
    receiver.push(Buffer.from('b'), false);
    receiver.end();
    receiver.start(true, false);
    receiver.push(Buffer.from('c'), true);
    receiver.mode = 'fragments';
    receiver.end();
    deliver(receiver, { fragments: [['d']], isBinary: true });
    expect(handler.settle()).toEqual(['binary 6162', 'start binary', 'data 63', 'end', 'fragments [64]']);
  });
});
