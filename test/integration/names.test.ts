import { expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from '../../src/index.js';

/** Names on a class's prototype that applications may not use for themselves. */
const taken = (...objects: object[]) =>
  objects
    .flatMap((object) => Object.getOwnPropertyNames(object))
    .filter((name) => !name.startsWith('_') && !name.startsWith('connection'))
    .sort();

// Applications put properties of their own on sockets and servers, and subclass them.
it('a WebSocket takes no names but those of its API', () => {
  const states = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED', 'readyState'];
  const facts = ['url', 'protocol', 'extensions', 'binaryType', 'bufferedAmount', 'isPaused'];
  const additions = [
    'context',
    'remoteAddress',
    'latency',
    'droppedMessages',
    'sendStream',
    'messageStreams',
    'tapFrames',
    'toJSON',
  ];
  const methods = ['send', 'ping', 'pong', 'close', 'terminate', 'pause', 'resume', 'setSocket'];
  expect(taken(WebSocket.prototype)).toEqual(
    ['constructor', ...states, ...facts, ...additions, ...methods].sort(),
  );
});

it('a WebSocketServer takes no names but those of its API', () => {
  const names = ['options', 'clients', 'address', 'shouldHandle', 'handleUpgrade', 'close'];
  const additions = ['broadcast', 'prepareMessage', 'metrics', 'drain'];
  const server = new WebSocketServer({ noServer: true });
  expect(taken(WebSocketServer.prototype, server)).toEqual(['constructor', ...names, ...additions].sort());
});
