/** Where Chromium 156 deviates from the standard, or Node.js cannot follow it: the lines that differ, by program. */

/** Lines that only one of the two logs. */
export interface Difference {
  readonly why: string;
  readonly chromium: readonly string[];
  readonly hawser: readonly string[];
}

/** Codes that RFC 6455 §7.4 does not let anybody send, and Chromium takes. */
const unassigned = [0, 1, 999, 1004, 1016, 1999, 2000, 2999, 5000, 65_535];
const refusedOnReceipt = 'error in state 3';
const abnormal = 'close in state 3 code 1006 reason "" wasClean false';
const aborted = 'rejects with DOMException AbortError 20';

/** An event `close` without more, when both have it. */
const noError = (...names: string[]) => ({
  chromium: [],
  hawser: names.map((name) => `${name}: error in state 3`),
});

export const differences: Readonly<Record<string, Difference>> = {
  URLs: {
    why: 'Chromium escapes a blank in a host; the URL standard refuses it',
    chromium: ['"ws://a b/" "ws://a%20b/"'],
    hawser: ['"ws://a b/" throws DOMException SyntaxError 12'],
  },
  CloseEvent: {
    why: 'reason is a USVString; Chromium keeps lone surrogates',
    chromium: [
      '{ bubbles: true, cancelable: true, code: 1, composed: false, reason: "\\ud800", type: "x", wasClean: true }',
    ],
    hawser: [
      '{ bubbles: true, cancelable: true, code: 1, composed: false, reason: "\ufffd", type: "x", wasClean: true }',
    ],
  },
  'microtasks between listeners': {
    why: 'Node.js calls all listeners of an event before microtasks: a program cannot change that',
    chromium: ['microtask of the first listener, second listener'],
    hawser: ['second listener, microtask of the first listener'],
  },
  'close codes between integers': {
    why: '[Clamp] rounds to the nearest integer, of two the even one; Chromium cuts off',
    chromium: [
      '2999.5 throws DOMException InvalidAccessError 15',
      '4999.5 undefined',
      'close 3001.5: close 3001 ""',
      'close 4999.5: close 4999 ""',
    ],
    hawser: [
      '2999.5 undefined',
      '4999.5 throws DOMException InvalidAccessError 15',
      'close 3001.5: close 3002 ""',
      'close 4999.5: close 3000 ""',
    ],
  },
  'a reason without a code': {
    why: 'undefined is no code; Chromium makes 0 of it when a reason follows',
    chromium: [
      'too long throws DOMException InvalidAccessError 15',
      'short throws DOMException InvalidAccessError 15',
      'reason alone: close 1005 ""',
    ],
    hawser: [
      'too long throws DOMException SyntaxError 12',
      'short undefined',
      'reason alone: close 1000 "why"',
    ],
  },
  'closed by the server': {
    why: 'a lost connection has failed (RFC 6455 §7.2.1), which is an error event; Chromium fires none',
    ...noError('!terminate'),
  },
  'connections that are lost': {
    why: 'a lost connection has failed (RFC 6455 §7.2.1), which is an error event; Chromium fires none',
    ...noError('end without a close frame', 'end in the middle of a frame', 'cut off'),
  },
  'close codes that come': {
    why: 'RFC 6455 §7.4: codes nobody may send; §5.5.1: data behind a close frame; §8.1 and §7.4.1: 1007',
    chromium: [
      ...unassigned.map((code) => `code ${code}: close in state 3 code ${code} reason "why" wasClean true`),
      `message behind the close frame: ${refusedOnReceipt}`,
      `message behind the close frame: ${abnormal}`,
      ...unassigned.map((code) => `code ${code}: close frame ${code} "why"`),
      'reason that is no UTF-8: close frame 1002',
    ],
    hawser: [
      ...unassigned.flatMap((code) => [`code ${code}: ${refusedOnReceipt}`, `code ${code}: ${abnormal}`]),
      'message behind the close frame: close in state 3 code 1000 reason "" wasClean true',
      ...unassigned.map((code) => `code ${code}: close frame 1002`),
      'reason that is no UTF-8: close frame 1007',
    ],
  },
  'frames that break a rule': {
    why: '1007 is for text that is no UTF-8 (RFC 6455 §7.4.1); Chromium sends 1002',
    chromium: [
      'surrogate in text: close frame 1002',
      'text that ends in the middle: close frame 1002',
      'text that is no UTF-8: close frame 1002',
    ],
    hawser: [
      'surrogate in text: close frame 1007',
      'text that ends in the middle: close frame 1007',
      'text that is no UTF-8: close frame 1007',
    ],
  },
  'arguments of WebSocketStream and WebSocketError': {
    why: 'closeCode is [EnforceRange]: a TypeError; Chromium clamps',
    chromium: [
      '{ closeCode: -1 } throws DOMException InvalidAccessError 15',
      '{ closeCode: 65536 } throws DOMException InvalidAccessError 15',
      'close -1 throws DOMException InvalidAccessError 15',
      'close 70000 throws DOMException InvalidAccessError 15',
    ],
    hawser: [
      '{ closeCode: -1 } throws TypeError',
      '{ closeCode: 65536 } throws TypeError',
      'close -1 throws TypeError',
      'close 70000 throws TypeError',
    ],
  },
  'WebSocketStream and signals': {
    why: 'the promises reject with the reason of the signal, and the URL is judged first; Chromium has AbortError',
    chromium: [
      `why: ${aborted} ${aborted}`,
      'URL: [object WebSocketStream]',
      `during: ${aborted} ${aborted}`,
      `timeout: ${aborted}`,
    ],
    hawser: [
      'why: rejects with "why" rejects with "why"',
      'URL: throws DOMException SyntaxError 12',
      'during: rejects with RangeError rejects with RangeError',
      'timeout: rejects with DOMException TimeoutError 23',
    ],
  },
  'WebSocketStream: what can be written': {
    why: 'what is received is a Uint8Array; Chromium gives an ArrayBuffer',
    chromium: [
      'whole ArrayBuffer [1,2,3,4] false',
      'part ArrayBuffer [2,3] false',
      'buffer ArrayBuffer [1,2,3,4] false',
      'view ArrayBuffer [4] false',
    ],
    hawser: [
      'whole Uint8Array [1,2,3,4] false',
      'part Uint8Array [2,3] false',
      'buffer Uint8Array [1,2,3,4] false',
      'view Uint8Array [4] false',
    ],
  },
};
