/**
 * Where the types of hawser say more than `@types/ws`: what would go wrong at runtime does not compile, and what is
 * known is told. Compiled against hawser; against `@types/ws` every expected error is missing.
 */

import WebSocket, { type RawData, WebSocketServer } from 'ws';

/** Fails to compile unless both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => undefined;

const socket = new WebSocket('ws://127.0.0.1');

// `send` tells whether there is room.
same<ReturnType<typeof socket.send>, boolean>(true);
// @ts-expect-error strings in an array would be sent as zeros
socket.send(['a', 'b']);
// @ts-expect-error a boolean throws
socket.ping(true);
// @ts-expect-error an object throws
socket.pong({ at: 1 });
// @ts-expect-error no such option
socket.send('text', { text: true });
// @ts-expect-error no such event for addEventListener
socket.addEventListener('ping', () => undefined);
// @ts-expect-error not a way to hand out binary messages
socket.binaryType = 'buffer';
socket.binaryType = 'blob';

// The arguments of every event are known, those that @types/ws does not list as well.
socket.on('drain', (...none) => same<typeof none, []>(true));
socket.on('message', (data, isBinary) => same<[typeof data, typeof isBinary], [RawData, boolean]>(true));
for (const event of ['ping', 'pong'] as const) {
  socket.on(event, (data) => same<typeof data, Buffer>(true));
}
socket.addEventListener('error', ({ error }) => same<typeof error, Error & { readonly code?: string }>(true));

// A server knows what `authenticate` found out.
const server = new WebSocketServer({
  noServer: true,
  authenticate: async (request) => ({ user: request.headers.authorization }),
});
server.on('connection', ({ context }) => same<typeof context, { user: string | undefined }>(true));
for (const { context } of server.clients) same<typeof context.user, string | undefined>(true);
new WebSocketServer({ noServer: true }).on('connection', ({ context }) =>
  same<typeof context, unknown>(true),
);
// @ts-expect-error not an option
new WebSocketServer({ noServer: true, alowedOrigins: [] });
// @ts-expect-error neither an origin nor a test of one
new WebSocketServer({ noServer: true, allowedOrigins: [1] });

// What is new is typed.
async function iterate(): Promise<void> {
  for await (const message of socket) same<typeof message, string | Buffer>(true);
}
same<ReturnType<typeof iterate>, Promise<void>>(true);
