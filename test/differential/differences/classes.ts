import type { Difference } from '../difference.js';

export const classesDifferences = {
  'handshake-class-errors': {
    ws: '`extension.parse`, `subprotocol.parse` and `PerMessageDeflate.accept` throw a `SyntaxError`, a `TypeError` or an `Error` without a `code`, whose message tells the index or the parameter.',
    hawser:
      'They throw a `HandshakeError` with `WS_ERR_INVALID_EXTENSIONS_HEADER` or `WS_ERR_INVALID_PROTOCOL_HEADER`.',
    reason:
      'The header is wrong and not the program, and one class with a code says so wherever a handshake fails. Look at `code` where `instanceof SyntaxError` was asked.',
  },
  'class-internals': {
    ws: 'The classes have methods for themselves, such as `Sender.prototype.enqueue` or `Receiver.prototype.getInfo`, and fields that begin with `_`.',
    hawser:
      'There are the documented methods, `sendFrame`, and the fields `_socket`, `_state` and `_bufferedBytes` of a `Sender`, which other software is known to use.',
    reason:
      'The classes are adapters over another engine, which has no such steps. For tools that need what is inside there is `hawser/protocol`.',
  },
  'function-lengths': {
    ws: '`length` is 3 for `WebSocket`, and 2 for `WebSocketServer` and `createWebSocketStream`.',
    hawser: 'It is 2, 0 and 1: arguments that have a default do not count.',
    reason: 'The arguments are the same. Only a program that reads `length` notices.',
  },
  'module-more-names': {
    ws: 'The module exports the classes and functions that this guide names.',
    hawser:
      'It exports them and more: the classes of errors and events, `CloseCode`, `PreparedMessage`, all of them properties of `WebSocket` as well.',
    reason: 'They are what hawser adds. A program that copies all properties of the class gets them too.',
  },
  'sender-compress-without-extension': {
    ws: '`compress: true` without permessage-deflate makes `send` of a `Sender` throw a `TypeError` about a property of `undefined`.',
    hawser: 'The message is sent as it is.',
    reason:
      'That is what the `send` of a WebSocket does. Whether it was agreed on is the business of the constructor.',
  },
  'sender-socket-destroyed': {
    ws: 'If the socket is destroyed while a message is compressed or a Blob is read, the callback gets "The socket was closed while data was being compressed" or "… while the blob was being read".',
    hawser: 'The callback gets what Node tells of a destroyed socket, `ERR_STREAM_DESTROYED`.',
    reason: 'It is the error that every later `send` gets in both, and it has a code.',
  },
  'sender-failure-destroys': {
    ws: 'After a Blob that cannot be read a `Sender` calls the callbacks and `onerror` and then sends nothing any more: what follows waits for ever.',
    hawser:
      'After the callbacks and `onerror` the socket is destroyed, so that later callbacks get an error.',
    reason: 'A message that is left out must not go unseen, and no caller should wait for ever.',
  },
  'receiver-close-code': {
    ws: 'An error of a `Receiver` keeps the close code that tells the peer behind a private symbol.',
    hawser: 'It is `closeCode` of the error.',
    reason: 'Who reads frames with a `Receiver` has to send the close frame, too.',
  },
  'receiver-silent-once-destroyed': {
    ws: 'A `Receiver` that is destroyed in a listener still tells of the messages behind it in the same chunk.',
    hawser: 'It tells nothing more.',
    reason: 'Who destroys a stream does not expect its events. There is nothing to do.',
  },
  'deflate-fragments-joined': {
    ws: 'Each fragment of a compressed message is decompressed when it comes; what comes behind it waits.',
    hawser:
      'The fragments are joined and decompressed with the last: `decompress` gives all bytes there, `binaryType: "fragments"` has one entry, and pings in between are told at once. `maxPayload` counts the joined bytes too.',
    reason:
      'One run of zlib for a message costs less than one for each fragment. To have pieces as they come use `socket.messageStreams()`.',
  },
  'deflate-empty-fragment': {
    ws: '`compress("", false, callback)` gives an empty block of five bytes.',
    hawser: 'It gives no bytes.',
    reason: 'Both mean the same to the peer (RFC 7692, section 7.2.1).',
  },
  'deflate-cleanup': {
    ws: '`cleanup()` gives a waiting `compress` "The deflate stream was closed while data was being processed"; a `Sender` that waits for it makes `cleanup()` throw a `TypeError`.',
    hawser:
      '`cleanup()` gives whoever waits for a `compress` a `ConnectionClosedError`, also through a `Sender`.',
    reason: 'The error tells what has happened and has a `code`.',
  },
  'deflate-promise': {
    ws: 'A client that has offered `client_no_context_takeover` compresses with context takeover if the answer does not repeat it.',
    hawser: 'It keeps what it has offered, and `params` say so.',
    reason:
      'RFC 7692 (section 7.1.1.2) lets the server rely on the offer. The peer need not keep a window for nothing.',
  },
  'header-lists': {
    ws: '`extension.parse` and `subprotocol.parse` refuse spaces at the ends of the header and empty elements of the list, and the former spaces around `=`.',
    hawser: 'They are passed over.',
    reason:
      'RFC 9110 (section 5.6.1) asks recipients to take such lists, and RFC 6455 (section 9.1) allows spaces between all words.',
  },
  'header-limits': {
    ws: '`extension.parse` takes any number of extensions and parameters.',
    hawser: 'It refuses more than 64 extensions, or 16 parameters of one.',
    reason: 'No client offers as many; a header that does is made to cost time and memory.',
  },
  'format-tokens': {
    ws: '`extension.format` writes every name and value as it is, line ends too, and `undefined` as a word.',
    hawser:
      'It throws a `TypeError` for what is not a token, and leaves out a parameter that is `undefined`.',
    reason:
      'What is written could not be read again, and a line end would start another header. Check values that come from outside.',
  },
} as const satisfies Record<string, Difference>;
