/** Who is played against whom: each row of the matrix has hawser at one end, or at both through a proxy. */
import { chromiumClient, chromiumStreamClient } from './chromium.js';
import type { Client, Server } from './end.js';
import { hawserClient, hawserServer, wsClient, wsServer } from './node-face.js';
import { behind } from './proxied-server.js';
import { haproxy, nginx } from './proxies.js';
import { pythonClient, pythonServer } from './python.js';
import { hawserWebClient, hawserWebStreamClient, undiciClient, undiciStreamClient } from './web-face.js';

export interface Pair {
  readonly client: () => Client;
  readonly server: () => Server;
}

export const pairs: readonly Pair[] = [
  { client: hawserClient, server: hawserServer },
  { client: wsClient, server: hawserServer },
  { client: hawserClient, server: wsServer },
  { client: hawserWebClient, server: wsServer },
  { client: hawserWebStreamClient, server: wsServer },
  { client: undiciClient, server: hawserServer },
  { client: undiciStreamClient, server: hawserServer },
  { client: chromiumClient, server: hawserServer },
  { client: chromiumStreamClient, server: hawserServer },
  { client: pythonClient, server: hawserServer },
  { client: hawserClient, server: pythonServer },
  { client: hawserWebClient, server: pythonServer },
  ...[nginx, haproxy].flatMap((program) => [
    { client: hawserClient, server: behind(program) },
    { client: chromiumClient, server: behind(program) },
  ]),
];
