import type { Difference } from '../difference.js';

/** What the server does otherwise: its options, the opening handshake, `close`. */
export const serverDifferences = {
  'server-sends-heartbeats': {
    ws: 'A server sends no pings of its own.',
    hawser: 'A server pings a client that was silent for 25 s and gives it up 10 s later.',
    reason:
      'Proxies cut idle connections, and dead peers go unnoticed. `heartbeat: false` turns it off; a loop of your own does no harm.',
  },
  'server-errors-without-a-listener': {
    ws: "A server's socket without a listener of `error` throws, and ends the process, when its peer breaks a rule.",
    hawser: 'The error goes to `diagnostics_channel`, and `close` follows.',
    reason:
      'No client may end a server. Listen to `error`, or to the channel `hawser:error`, to see what clients do wrong.',
  },
  'server-error-codes': {
    ws: 'Errors that the constructor, `address`, `handleUpgrade` and `close` throw or hand out, and those of `wsClientError`, have no `code`; most are plain `Error`s.',
    hawser:
      'They have the same messages and a stable `code`. A mistake of the caller is a `TypeError`, what a client did wrong is a `HandshakeError` with the HTTP `status`.',
    reason: 'Programs should not compare messages. `instanceof Error` holds for all of them.',
  },
  'server-options-are-checked': {
    ws: 'Options of a wrong type or out of range are taken. Some switch a limit off, some throw when the first client comes, some are never noticed.',
    hawser: 'The constructor throws `WS_ERR_INVALID_OPTIONS`, and the message names the option.',
    reason: 'A limit that is off without a word is a hole. Correct the option that the message names.',
  },
  'undefined-options-are-defaults': {
    ws: 'An option that is given as `undefined` or `null` replaces the default: `maxPayload: undefined` means no limit, `autoPong: undefined` means no pongs.',
    hawser: '`undefined` and `null` stand for the default.',
    reason:
      'A setting that is missing from a configuration must not remove a limit. Say `0` for no limit and `false` for off.',
  },
  'server-max-fragments': {
    ws: '`maxFragments` is 16,384 unless given.',
    hawser: 'It is 131,072.',
    reason:
      'Fragments are joined and cost their bytes, not an object each, so more of them are harmless. Give `maxFragments` for another bound.',
  },
  'server-max-buffered-chunks': {
    ws: '`maxBufferedChunks` bounds how many pieces of one message, as the network cuts it, are held.',
    hawser: 'The option is taken and not used.',
    reason: 'Small pieces are joined, so they cost their bytes. `maxPayload` bounds these.',
  },
  'server-max-pending-auto-pongs': {
    ws: 'A client that sends more pings than `maxPendingAutoPongs` (60) while it does not read is cut off, with 1006 and without an error.',
    hawser: 'The option is taken and not used, and the client stays.',
    reason:
      'At most one pong waits for a client that does not read: the last (RFC 6455 §5.5.3). So pings cost no memory.',
  },
  'server-path-property': {
    ws: 'There is no `server.path`, although `@types/ws` declares it.',
    hawser: '`server.path` is the option `path`, if it was given.',
    reason: 'What the types promise should be there. `server.options.path` is what is compared.',
  },
  'paths-are-shared': {
    ws: 'Of several servers with different `path`s on one HTTP server each answers every upgrade: those that do not serve the path write 400 into the connection of the one that does.',
    hawser: 'The server that serves the path answers alone.',
    reason:
      'One listener of `upgrade` is shared. Code that routes by hand, with `noServer`, works as before.',
  },
  'path-not-served-is-404': {
    ws: 'A path that is not served is answered with 400.',
    hawser: 'It is answered with 404.',
    reason: '404 is what HTTP has for it. A client that looks at the status has to expect 404.',
  },
  'refusals-are-plain-text': {
    ws: 'The body of a refusal has the type `text/html`.',
    hawser: 'It is `text/plain; charset=utf-8`.',
    reason:
      'The body is a message, which may repeat what the client sent; a browser must not run it. `verifyClient` may give a `Content-Type` of its own.',
  },
  'refused-method-tells-allow': {
    ws: 'The answer 405 names no method.',
    hawser: 'It has `Allow: GET`.',
    reason: 'RFC 9110 §15.5.6 requires it.',
  },
  'refused-version-is-426': {
    ws: 'Another `Sec-WebSocket-Version` is answered with 400 and `Sec-WebSocket-Version: 13, 8`.',
    hawser: 'The answer is 426 with `Sec-WebSocket-Version: 13`; 400 if the field comes twice.',
    reason: 'It is the answer of RFC 6455 §4.4. A client that looks at the status has to expect 426.',
  },
  'only-version-13': {
    ws: 'Version 8, a draft of 2011, is accepted, and so are other spellings of the number, such as `013`.',
    hawser: 'The version is `13` and nothing else.',
    reason: 'No client of today speaks a draft. Programs that still do have to be updated.',
  },
  'handshakes-name-one-host': {
    ws: 'A handshake without `Host`, or with two, is accepted.',
    hawser: 'It is answered with 400.',
    reason:
      'Two programs that read a request differently are how requests are smuggled past a proxy. HTTP/1.1 requires exactly one.',
  },
  'handshakes-need-http-1-1': {
    ws: 'A handshake over HTTP/1.0 is accepted.',
    hawser: 'It is answered with 400.',
    reason: 'RFC 6455 §4.1 requires HTTP/1.1. In nginx set `proxy_http_version 1.1`.',
  },
  'upgrade-may-be-a-list': {
    ws: '`Upgrade` must be the one word `websocket`.',
    hawser: '`websocket` may be one of several protocols, as in `Upgrade: h2c, websocket`.',
    reason: 'The field is a list (RFC 9110 §7.8), and RFC 6455 only asks that `websocket` is in it.',
  },
  'lists-with-empty-elements': {
    ws: 'Empty elements in `Sec-WebSocket-Protocol`, as in `a,,b`, are answered with 400.',
    hawser: 'They are passed over. A list of nothing is refused.',
    reason: 'RFC 9110 §5.6.1 asks recipients for it; proxies that join fields make such lists.',
  },
  'malformed-extensions-are-refused': {
    ws: 'With `perMessageDeflate` off `Sec-WebSocket-Extensions` is not read.',
    hawser: 'A field that is malformed is answered with 400 in any case.',
    reason: 'A handshake that breaks the grammar is no handshake (RFC 6455 §4.2.1), whatever is configured.',
  },
  'deflate-no-context-takeover': {
    ws: '`perMessageDeflate: true` keeps a compressor and a decompressor for each connection, from message to message.',
    hawser:
      'The server agrees to no context takeover in either direction, unless `serverNoContextTakeover` and `clientNoContextTakeover` are `false`.',
    reason:
      'zlib state of every connection is memory that grows with the clients. Set both to `false` for a better ratio with small messages that repeat.',
  },
  'deflate-level': {
    ws: "Messages are compressed at zlib's default level, 6.",
    hawser: 'At level 3.',
    reason:
      'A quarter to a half less time, for 1 to 7 % more bytes. `zlibDeflateOptions: { level: 6 }` is as before.',
  },
  'deflate-offers-are-met-or-declined': {
    ws: 'An offer of permessage-deflate that is invalid, or asks for other than the options say, is answered with 400, unless a later one fits. Some invalid ones are taken, such as a window of `010` bits.',
    hawser:
      'The server grants what it can, such as a smaller window or no context takeover. An offer that it cannot grant is declined: the next is tried, and without any the connection goes without compression.',
    reason:
      'RFC 7692 §5.1 and §7.1 say decline. Who requires compression can look at `socket.extensions` and close.',
  },
  'deflate-form-of-the-answer': {
    ws: 'The parameters of permessage-deflate are answered in the order of the offer, then of the options; a window of 15 bits is told.',
    hawser: 'Their order is always the same; 15 bits, which is what holds without a word, is not told.',
    reason: 'The order has no meaning (RFC 7692 §7.1). Do not compare the field as text.',
  },
  'order-of-checks': {
    ws: 'A request that breaks several rules is judged by its key before its version, and by its path before its subprotocols.',
    hawser: 'The version comes before the key, and everything in the head before the path.',
    reason: 'What a field means depends on the version. Only requests that are refused anyway notice.',
  },
  'too-many-fields-are-431': {
    ws: 'On an HTTP server that was given, fields beyond the 1,000 that Node keeps are lost without a word.',
    hawser: 'A request with that many is answered with 431.',
    reason:
      'A check of what is left proves nothing. Set `maxHeadersCount` of your HTTP server to allow more; with `port` there is no such limit.',
  },
  'plain-requests-end-the-connection': {
    ws: 'A server with `port` answers every plain request with 426 and keeps the connection.',
    hawser:
      'It answers with `Connection: close`, and with what is wrong: 405 for another method, 400 for an `Upgrade` that is not announced in `Connection`. The answer 426 has `Upgrade: websocket`, and its body ends with a line feed.',
    reason:
      'RFC 9110 §15.5.22 requires `Upgrade` in the answer, and a connection that is no WebSocket is of no use here. For pages of your own give an HTTP server as `server`.',
  },
  'closing-server-answers-503': {
    ws: 'A server that closes takes its listener of `upgrade` away at once, so that handshakes become plain requests: Node, or the application, answers them. What waits for `verifyClient`, or comes by `handleUpgrade`, gets 503.',
    hawser:
      'All get 503 with `Retry-After: 5` until the last connection has closed, unless another server on that HTTP server serves the path.',
    reason: 'A client should learn that it may come back. Nothing has to be done.',
  },
  'server-close-is-last': {
    ws: 'With `port` the server may emit `close` before its last socket does.',
    hawser: '`close` comes after `close` of every socket.',
    reason: 'Who cleans up at `close` finds `clients` empty. Nothing has to be done.',
  },
  'promises-are-awaited': {
    ws: 'A promise that `verifyClient` or `shouldHandle` returns counts as `true`: every client comes in.',
    hawser: 'It is awaited; a rejection refuses with 500.',
    reason: 'An `async` function that says no has to be heard. `authenticate` is made for it.',
  },
  'handshakes-have-a-time': {
    ws: 'A `verifyClient` that never calls back keeps its client waiting for ever.',
    hawser: 'After 10 s the client gets 408. With `port` a request has as long to arrive.',
    reason: 'What waits holds memory before anybody is known. `handshakeTimeout` sets the time; 0 is none.',
  },
  'pending-handshakes-are-bounded': {
    ws: 'Any number of handshakes may wait for `verifyClient`.',
    hawser: 'At most 10,000 may; more get 503 with `Retry-After: 5`.',
    reason: 'A slow check must not fill the memory. `maxPendingHandshakes` sets the number.',
  },
  'checks-that-throw-are-500': {
    ws: 'What `verifyClient` or `handleProtocols` throws comes out of the event `upgrade` and ends the process.',
    hawser: 'The client gets 500, and the process a warning `HAWSER_CHECK_FAILED` with the error.',
    reason:
      'One request must not take the others down. The channel `hawser:handshake` has each error as the `cause`.',
  },
  'verify-client-headers': {
    ws: 'Header fields that `verifyClient` gives are written as they are: they can replace `Content-Length` and `Connection`, and a line feed begins another field.',
    hawser:
      '`Content-Length`, `Transfer-Encoding` and `Connection` are its own. A field with a control character makes the answer 500. `Content-Type` may be given, and comes behind `Content-Length`.',
    reason:
      'An answer that lies about its end, or has fields that a client made up, confuses proxies and caches.',
  },
  'verify-client-unknown-status': {
    ws: 'A status that HTTP does not know is told as `undefined`; without a message the callback throws.',
    hawser: 'Its reason phrase is empty, and so is the body without a message.',
    reason: 'The phrase is optional (RFC 9112 §4). Nothing has to be done.',
  },
  'complete-upgrade-is-not-there': {
    ws: '`server.completeUpgrade`, which is not documented, writes the 101 and may be overwritten.',
    hawser: 'There is no such method.',
    reason:
      'What it is overwritten for has a place: the event `headers` for fields, `handleProtocols` for the subprotocol, `authenticate` for waiting, `handleUpgrade` for all of it.',
  },
  'set-socket-is-not-called': {
    ws: 'A server calls `setSocket` of the class that is given as `WebSocket`.',
    hawser: 'It does not; `setSocket` is for sockets of your own.',
    reason: 'A connection gets more than `setSocket` takes. A subclass can do its work at the event `open`.',
  },
} as const satisfies Record<string, Difference>;
