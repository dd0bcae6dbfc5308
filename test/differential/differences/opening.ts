import type { Difference } from '../difference.js';

export const openingDifferences = {
  'opening-error-codes': {
    ws: 'Errors of an opening handshake have a message and no `code`, unless they are errors of the system such as `ECONNREFUSED`.',
    hawser:
      'Every error of an opening handshake has a stable `code` as well, such as `WS_ERR_UNEXPECTED_RESPONSE`, and a `HandshakeError` has the HTTP `status`. The messages are the same.',
    reason:
      'A program can tell errors apart without reading messages. Code that took an error without a `code` for one of ws has to look at the message, as before, or at the new code.',
  },
  'null-subprotocols': {
    ws: '`null` as subprotocols throws a `SyntaxError`.',
    hawser: '`null` stands for no subprotocols, as `undefined` does.',
    reason:
      'Wrappers hand on what they have been given, and `null` can mean nothing else. Nothing that works with ws changes.',
  },
  'null-address-without-options': {
    ws: '`new WebSocket(null)` throws a `TypeError`, since the options are missing.',
    hawser:
      '`new WebSocket(null)` is a WebSocket that waits for `setSocket`, as `new WebSocket(null, undefined, {})`.',
    reason: 'The types of ws allow it. Nothing that works with ws changes.',
  },
  'undefined-options': {
    ws: 'An option that is given as `undefined` takes the place of the default: `perMessageDeflate: undefined` offers no compression, `maxRedirects: undefined` follows redirects without end, `protocolVersion: undefined` throws.',
    hawser: '`undefined` stands for the default of every option.',
    reason:
      'A configuration that lacks an entry must not switch a limit off. To do without compression say `perMessageDeflate: false`.',
  },
  'wrong-options': {
    ws: 'Options of a wrong type or out of range are taken (`maxPayload: -1`, `serverMaxWindowBits: 16`), or throw whatever comes of them later.',
    hawser:
      'The constructor throws a `TypeError` with the code `WS_ERR_INVALID_OPTIONS`, and its message names the option.',
    reason:
      'A limit that is mistyped would otherwise be no limit. Give numbers as numbers; where a limit is not wanted, 0 says so.',
  },
  'protocol-version-8': {
    ws: '`protocolVersion: 8` speaks a draft of 2011; other versions than 8 and 13 throw a `RangeError`.',
    hawser: 'Every version but 13 throws a `TypeError` with the code `WS_ERR_INVALID_OPTIONS`.',
    reason:
      'RFC 6455 replaced the drafts in 2011 and only knows version 13. Remove the option; a server that really knows version 8 alone cannot be reached.',
  },
  'window-bits-by-default': {
    ws: '`serverMaxWindowBits: 15` and `clientMaxWindowBits: 15` are written into the offer, and so is `serverMaxWindowBits: true`, although RFC 7692 wants a number there.',
    hawser:
      'A window of 15 bits is not mentioned, since it is what holds without a word; `true` sets no limit either.',
    reason:
      'The connection is the same, and servers that decline offers with parameters they do not know accept it. There is nothing to do.',
  },
  'option-socket-path': {
    ws: 'The option `socketPath` is ignored; only a `ws+unix:` URL leads to a Unix socket.',
    hawser:
      'With `socketPath` the connection goes through that socket, and the URL gives the `Host` and the path.',
    reason:
      'It is an option of `http.request`, and does here what it does there. Remove it if it was left over; with `ws+unix:` the URL wins, as in ws.',
  },
  'option-timeout': {
    ws: 'The option `timeout` of `http.request` is ignored.',
    hawser: 'The opening handshake fails after so many milliseconds without any traffic.',
    reason:
      'Who gives it expects a limit. It ends with `open`, so that silent connections stay. Remove the option if no limit is wanted.',
  },
  'handshake-timeout-in-all': {
    ws: '`handshakeTimeout` limits the time without traffic and begins when there is a socket: a server that sends a byte now and then, or a `createConnection` that hands over none, keeps a client waiting for ever.',
    hawser:
      '`handshakeTimeout` limits the whole opening handshake: name resolution, TLS, redirects and answer together.',
    reason:
      'A limit that the server can put off is none. Give more time where handshakes are slow; `timeout` limits the time without traffic.',
  },
  'unix-socket-urls': {
    ws: 'In a `ws+unix:` URL the path of the socket is taken as it is written, so that `%20` is no space; a query without a target is added to it; a target without a slash is sent as `GET chat`, which is no HTTP.',
    hawser:
      'The path of the socket is percent-decoded, a query without a target belongs to the target `/`, and a target without a slash gets one.',
    reason:
      'URLs cannot hold spaces, and servers answer 400 to a target without a slash. Only a socket whose name itself contains a `%` has to be written otherwise, with `%25`.',
  },
  'constructor-that-throws': {
    ws: 'If `finishRequest` throws, so does the constructor, and the connection that was begun is left to itself; its later errors have no listener and can end the process.',
    hawser: 'The constructor throws the same error, and the connection is destroyed before.',
    reason: 'Nobody has the WebSocket that could end it. There is nothing to do.',
  },
  'destroyed-request': {
    ws: 'A request that is ended by a listener of `redirect` without an error (`request.destroy()`, `request.abort()`) leaves the WebSocket CONNECTING for ever, without an event.',
    hawser:
      '`error` follows, with the message "WebSocket was closed before the connection was established", and then `close` with 1006.',
    reason:
      'Whoever waits for the connection is told. The clear way to give up is `terminate()`, which does the same in both.',
  },
  'extensions-refused': {
    ws: 'An answer about permessage-deflate that does not fit the offer is accepted: the extension twice, more window bits than were asked for, none of what was asked for, a number with a leading zero.',
    hawser: 'Such an answer fails the opening handshake with "Invalid Sec-WebSocket-Extensions header".',
    reason:
      'RFC 7692 (sections 5.1 and 7.1) has the client fail the connection, since both ends would compress with different settings. For a server that cannot be repaired use `perMessageDeflate: false`.',
  },
  'extensions-accepted': {
    ws: 'A list with an empty element, `client_no_context_takeover` although the option `clientNoContextTakeover` is `false`, and more `client_max_window_bits` than were offered fail the opening handshake.',
    hawser:
      'They are accepted: context is not taken over if the server does not want it, and the window is the smaller one of both.',
    reason:
      'RFC 9110 (section 5.6.1) has empty elements ignored, and RFC 7692 (section 7.1) lets a server say both. Nothing that works with ws changes.',
  },
  'redirect-listener-credentials': {
    ws: 'With a listener of `redirect` nothing is removed: `Authorization`, `Cookie` and `auth` go to the other host unless the listener removes them from the request.',
    hawser:
      'Credentials stay behind when the host or port changes or TLS is lost, with a listener as without one; client certificates do as well.',
    reason:
      'A listener that only logs must not give secrets away. A listener that trusts the other host adds what it needs by `request.setHeader`.',
  },
  'redirect-location-credentials': {
    ws: 'User and password in the `Location` of another host are not sent, but stay in `url`.',
    hawser: 'They are not sent and are removed from `url`.',
    reason: '`url` says what was requested, and it is logged. There is nothing to do.',
  },
  'redirect-header-names': {
    ws: 'After a redirect the names of the headers that the user gave are in lower case, and `authorization` is one of them.',
    hawser: 'The second request has the names as they were given, in the order of the first.',
    reason: 'Names of headers are compared without case (RFC 9110, section 5.1). There is nothing to do.',
  },
  'redirect-errors': {
    ws: 'A `Location` that is no address to connect to gives the `SyntaxError` that the constructor would throw.',
    hawser:
      'It gives a `HandshakeError` with the same message, the code `WS_ERR_INVALID_REDIRECT`, the `status`, and that `SyntaxError` as `cause`.',
    reason: 'The mistake is the server’s and not the caller’s. Where it has to be recognized look at `code`.',
  },
  'redirect-on-unix-socket': {
    ws: 'A redirect from a `ws+unix:` URL to a path such as `/chat` takes that path for the one of another socket.',
    hawser: 'The path is requested from the same socket.',
    reason:
      'A server does not know where in the file system its socket lies. A `Location` that is a whole `ws+unix:` URL leads to another socket in both.',
  },
  'redirect-to-unix-socket': {
    ws: 'A redirect from the network to a `ws+unix:` URL is followed.',
    hawser: 'It fails the opening handshake with the code `WS_ERR_INVALID_REDIRECT`.',
    reason:
      'A server elsewhere must not make a client talk to services of its own machine. Connect to the socket directly; redirects from one Unix socket to another are followed.',
  },
  'unheard-errors': {
    ws: 'When an opening handshake fails and nobody listens for `error`, the error is thrown, no `close` follows, and `readyState` stays CLOSING.',
    hawser:
      'The error is thrown as well, but `close` with 1006 is emitted before, and `readyState` is CLOSED.',
    reason:
      'A process that survives the error, by a listener of `uncaughtException`, is told the end of every connection. Listen for `error`.',
  },
} as const satisfies Record<string, Difference>;
