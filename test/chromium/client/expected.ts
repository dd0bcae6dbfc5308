/** What the programs see: over every transport the same, but where it says why not. */

import type { Transport } from '../../transports/dialing.js';

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

const parseError = { jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' }, id: null };
const invalid = (id: unknown, message: string) => ({ jsonrpc: '2.0', error: { code: -32600, message }, id });
const batchAnswer = [
  { jsonrpc: '2.0', id: 1, result: 0 },
  invalid(2, 'A request has "method", a response "result" or "error"'),
];
const plainAnswers = [
  { method: 'add', result: 3 },
  { method: 'fail', error: { code: -32603, message: 'Internal error' } },
];

/** By the program's name. */
export const expected: Record<string, unknown> = {
  'calls and their errors': [
    3,
    'RemoteError -32602',
    'RemoteError -32603',
    'RemoteError -32601',
    'RpcUsageError RPC_ERR_INVALID_ARGUMENT',
    undefined,
    ['hello'],
  ],
  'calls that the server makes': ['why!', 'RemoteError -32603'],
  'a stream whose reader is slow': [[1, 2, 3, 0], ['released']],
  'a stream that goes on after the connection was lost': upTo(20),
  'a call that is given up': ['Error enough', 'CallTimeoutError RPC_ERR_TIMEOUT', [true, true]],
  'a lost connection': ['UnknownOutcomeError RPC_ERR_UNKNOWN_OUTCOME', 1, 1, 0, 1],
  'a call before there is a connection': [
    'NotSentError RPC_ERR_OFFLINE',
    'CallTimeoutError RPC_ERR_TIMEOUT',
    1,
    1,
  ],
  'close codes': [4403, 'revoked', 'NotSentError RPC_ERR_CLOSED', true, true],
  tokens: ['ada', 'ada', ['eve:never', 'ada:400', 'ada:60000', 'ada:60000']],
  'a dead connection': [4408, true, 0],
  'a bad network': [[0, 2, 4, 6, 8], upTo(10), true],
  'a connection that was reset': ['UnknownOutcomeError RPC_ERR_UNKNOWN_OUTCOME', 0, 2],
  'a quiet connection that lives': ['open', 1],
  'messages that were typed by hand': [
    ...plainAnswers,
    { jsonrpc: '2.0', id: 'a', result: 7 },
    batchAnswer,
    parseError,
    // Who offers the subprotocol speaks JSON-RPC and nothing else.
    invalid(null, '"jsonrpc" is "2.0"'),
    invalid(null, '"jsonrpc" is "2.0"'),
    { jsonrpc: '2.0', id: 'a', result: 7 },
    batchAnswer,
    parseError,
  ],
  'a stream while WebSockets break and mend': [upTo(25), ['websocket', 'sse', 'websocket']],
  'a stream that leaves one transport after the other': [
    upTo(35),
    ['websocket', 'sse', 'polling', 'websocket'],
  ],
  'WebSockets that open and are deaf': [1, 1, ['websocket', 'sse']],
  'messages in a bare WebSocket': [...plainAnswers, parseError],
};

/** Where transports differ. */
export const differences: readonly {
  readonly program: string;
  readonly transports: readonly Transport[];
  readonly reason: string;
  readonly expected: unknown;
}[] = [
  {
    program: 'a connection that was reset',
    transports: ['sse', 'polling'],
    reason:
      'The session outlives its TCP connections: the call goes on and is answered, and the server sees no second client.',
    expected: ['gone on', 0, 1],
  },
];

/** What a program is expected to see over a transport. */
export function expectedOf(program: string, transport: Transport | 'whichever'): unknown {
  const difference = differences.find(
    (one) => one.program === program && one.transports.includes(transport as Transport),
  );
  return difference?.expected ?? expected[program];
}
