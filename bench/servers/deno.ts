/** The server of Deno, with its own API. */
// @ts-nocheck: the globals are those of Deno.
import { certificate } from '../certificate.js';

const scenario = JSON.parse(Deno.args[0] ?? '{}');

Deno.serve(
  {
    port: 0,
    hostname: '0.0.0.0',
    ...(scenario.tls ? certificate() : {}),
    onListen: ({ port }) => console.log(JSON.stringify({ port })),
  },
  (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
    socket.binaryType = 'arraybuffer';
    if (scenario.kind === 'echo') socket.onmessage = ({ data }) => socket.send(data);
    return response;
  },
);
const decoder = new TextDecoder();
for await (const chunk of Deno.stdin.readable) {
  if (decoder.decode(chunk).includes('memory')) console.log(JSON.stringify(Deno.memoryUsage()));
}
