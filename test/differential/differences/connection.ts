import type { Difference } from '../difference.js';

/** What an open connection does otherwise: sending, receiving, closing, and the fields of a socket. */
export const connectionDifferences = {
  'one-write-per-turn': {
    ws: 'Each `send` writes at once.',
    hawser:
      'What is sent in one turn of the event loop leaves in one write at its end; until then `bufferedAmount` counts it.',
    reason:
      'One write in place of many is most of the speed. What was sent before `process.exit()` leaves as well. A turn that computes for long after `send` delays what it has sent: let it go on in `setImmediate`.',
  },
  'send-returns': {
    ws: '`send` returns `undefined`.',
    hawser:
      '`send` returns `true`, or `false` when `bufferedAmount` has reached `highWaterMark` or it is too late.',
    reason: 'Backpressure as with `stream.write`. Code that does not look at the result works as before.',
  },
  'made-up-ready-state': {
    ws: '`send`, `ping` and `pong` ask `readyState`, also where a program has put a property of its own in its place.',
    hawser: 'They ask the connection.',
    reason:
      'It is quicker, and a state that is made up says nothing about the connection. A test that wants a socket that is closing calls `close`.',
  },
  'undefined-send-options': {
    ws: 'An option of `send` that is given as `undefined` replaces the default: `fin: undefined` sends a fragment that is not the last.',
    hawser: '`undefined` stands for the default.',
    reason: 'A message must not stay open because a value is missing. Give `fin: false` for a fragment.',
  },
  'mask-by-role': {
    ws: '`mask` of `send`, `ping` and `pong` is obeyed: a server may mask, a client may not.',
    hawser: 'A client masks and a server does not, whatever `mask` says.',
    reason:
      'RFC 6455 §5.1 leaves no choice, and the other end has to fail the connection. Leave the argument out.',
  },
  'list-of-buffers': {
    ws: '`send` of a list of Buffers sends a zero byte for each.',
    hawser: 'The Buffers are joined.',
    reason: 'What arrives with `binaryType` `fragments` can be sent back as it is.',
  },
  'usage-errors': {
    ws: 'Errors for wrong arguments and states have no `code`; "WebSocket is not open" is a plain `Error`.',
    hawser: 'They have the same messages and a `code`; "WebSocket is not open" is a `TypeError`.',
    reason:
      'Programs should not compare messages. What is a `TypeError` or `RangeError` with `ws` is one here, too.',
  },
  'closed-errors': {
    ws: 'A callback of a message that was not sent because the connection ended gets a plain `Error`, such as "The socket was closed while data was being compressed".',
    hawser: 'It gets a `ConnectionClosedError`, `WS_ERR_CONNECTION_CLOSED`.',
    reason: 'The error tells what the caller needs: `receivedCode`, `receivedReason`, `sentCode`.',
  },
  'unreadable-blob': {
    ws: 'For a Blob that cannot be read the callback is called while the socket is open; `error` follows.',
    hawser: 'The connection ends and `error` is emitted; then the callback is called.',
    reason:
      'In both the connection cannot go on without the message. Nothing sent in the callback could arrive.',
  },
  'control-frames-pass': {
    ws: '`ping` and `pong` wait behind messages that are being compressed or read from a Blob.',
    hawser: 'They pass them.',
    reason:
      'A ping measures the connection and not the queue, and a peer that asks is answered in time. A message that must come first has to be waited for by its callback.',
  },
  'automatic-answers': {
    ws: 'Pings are answered by calling `pong`, and a close frame by calling `close`; a subclass can override them.',
    hawser: 'The engine answers; `pong` and `close` are called by the application alone.',
    reason:
      'An answer that the protocol asks for should not depend on a method. `autoPong: false` leaves pongs to a listener of `ping`.',
  },
  'minimal-lengths': {
    ws: 'Lengths in more bytes than they need are accepted; one with the top bit set is too large: 1009.',
    hawser: 'Both are a broken rule: 1002, `WS_ERR_INVALID_PAYLOAD_LENGTH_ENCODING`.',
    reason:
      'RFC 6455 §5.2: the minimal number of bytes must be used. A peer that does otherwise has to be corrected.',
  },
  'utf8-at-once': {
    ws: 'Text is checked when its message is complete.',
    hawser: 'Text is checked as it comes: the connection fails at the first wrong byte.',
    reason: 'No memory and no time for a message that has failed already.',
  },
  'utf8-error-class': {
    ws: 'Text that is not UTF-8 is a plain `Error`, other mistakes of a peer are `RangeError`s.',
    hawser: 'All of them are `ProtocolError` or `LimitError`, which are `RangeError`s.',
    reason: 'One class for one kind. Codes and messages are the same: look at `error.code`.',
  },
  'deflate-errors': {
    ws: 'Corrupt compressed data gives the error of zlib, with `Z_DATA_ERROR` as `code`.',
    hawser: 'It gives a `ProtocolError`, `WS_ERR_INVALID_DEFLATE_DATA`; the error of zlib is its `cause`.',
    reason: 'What a peer did wrong is told in one way. The close code is 1007 in both.',
  },
  'final-blocks': {
    ws: 'What follows a final block in a compressed message is dropped without a word.',
    hawser: 'It is decompressed, as further blocks.',
    reason: 'RFC 7692 §7.2.3.4 allows such messages, and a part of a message must not get lost.',
  },
  'incomplete-blocks': {
    ws: 'A compressed message that ends inside a block is emitted as far as it goes.',
    hawser: 'The connection fails with 1007, `WS_ERR_INVALID_DEFLATE_DATA`.',
    reason: 'Half a message must not pass for a whole one.',
  },
  'listener-exceptions': {
    ws: 'After an exception in a `message` listener, if the process survives it, the socket receives nothing any more.',
    hawser: 'The exception is thrown in the next tick, uncaught as well, and the socket goes on.',
    reason:
      'One broken listener should not leave a connection that hangs. To end it, call `terminate()` where the exception is handled.',
  },
  'event-names-order': {
    ws: '`eventNames` tells names in the order in which they got listeners.',
    hawser: 'It tells `message`, `close` and `error` first.',
    reason: 'The list of listeners has room for them from the start; a socket is 136 bytes lighter for it.',
  },
  'terminate-at-once': {
    ws: 'After `terminate` in a listener messages of the same read are still emitted, and `close` may tell the code of a close frame among them.',
    hawser: 'Nothing but `close` follows, with 1006.',
    reason: 'Who terminates wants no more messages.',
  },
  'pause-at-once': {
    ws: 'After `pause` in a listener messages of the same read are still emitted.',
    hawser: 'Nothing is emitted until `resume`.',
    reason: 'Code that pauses to finish its work has not to keep a queue of its own.',
  },
  'close-arguments': {
    ws: '`close` takes a code that is no integer, cut off, and a reason that is a number or an object, whatever that sends.',
    hawser: 'It throws a `TypeError`, `WS_ERR_INVALID_ARGUMENT`. A reason is a string or bytes.',
    reason: 'Something wrong on the wire is found late. Give an integer and a string.',
  },
  'attributes-without-client': {
    ws: '`url` of a server’s socket is `undefined`, and so is `bufferedAmount` before `setSocket`.',
    hawser: 'They are an empty string and 0.',
    reason: 'The types promise a string and a number.',
  },
  'auto-pong-adopted': {
    ws: 'A socket that was made with `null` answers pings only with the option `autoPong: true`.',
    hawser: '`autoPong` is `true` by default everywhere.',
    reason: 'RFC 6455 §5.5.2 asks for the answer. `autoPong: false` turns it off.',
  },
  'is-server-option': {
    ws: '`new WebSocket(null, undefined, { isServer: false })` is a server’s end all the same; the field `_isServer` has to be set.',
    hawser: 'The option is obeyed. The field can be set, too, before `setSocket`.',
    reason: 'A client’s end should not need a private field.',
  },
  'receiver-face': {
    ws: '`_receiver` is a `Receiver`: an EventEmitter whose listeners can be replaced.',
    hawser: '`_receiver` has `_maxPayload`, which may be changed, and `_isServer`; it is no EventEmitter.',
    reason:
      'A connection reads through the engine, not through events. Use `autoPong: false` in place of removing listeners, and a subclass of `Duplex` with `setSocket` for tests that break things.',
  },
  'other-fields': {
    ws: 'Everything about a socket is in fields that begin with `_`.',
    hawser:
      'Of these it has `_socket`, `_sender` (with `_socket`, `_bufferedBytes`, `send`, `sendFrame`, `ping`, `pong`, `close`), `_receiver`, `_req`, `_url`, `_protocol`, `_binaryType`, `_isServer`, `_readyState`, `_closeCode`, `_closeMessage`, `_closeFrameSent` and `_closeFrameReceived`.',
    reason:
      'These are what other software is known to touch. The others have a public name or no counterpart.',
  },
} as const satisfies Record<string, Difference>;
