/**
 * `hawser serve`: one HTTP server with the playground page and the WebSocket endpoints.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { CommandError } from './command-error.js';
import { type Endpoint, endpoints } from './endpoints.js';
import { pageListener } from './page.js';
import { parseServeOptions, type ServeOptions, serveUsage } from './serve-options.js';
import { onStopSignal } from './stop-signals.js';

/** How long connections have to answer the close frame when the server stops, in milliseconds. */
const drainDeadline = 3_000;

/** Serves until SIGINT or SIGTERM. */
export async function serveCommand(args: readonly string[]): Promise<void> {
  const options = parseServeOptions(args, process.env);
  if (options === 'help') {
    process.stdout.write(serveUsage);
    return;
  }
  const page = pageListener(fileURLToPath(new URL('../playground/', import.meta.url)));
  const http = createServer();
  await listen(http, options);
  const servers = endpoints(http, page);
  process.stdout.write(
    `hawser serves ${address(http, options)} (page and echo endpoint)\nPress Ctrl-C to stop.\n`,
  );
  stopOnSignal(http, servers);
}

async function listen(http: Server, { port, host }: ServeOptions): Promise<void> {
  try {
    http.listen(port, host);
    await once(http, 'listening');
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, port, host);
  }
}

function listenError(error: NodeJS.ErrnoException, port: number, host: string): Error {
  if (error.code === 'EADDRINUSE') {
    return new CommandError(
      1,
      `Port ${port} is in use. Choose another one with --port, such as --port ${nextPort(port)}.`,
    );
  }
  if (error.code === 'EACCES') {
    return new CommandError(
      1,
      `Port ${port} needs more rights than you have. Choose another one with --port.`,
    );
  }
  if (error.code === 'ENOTFOUND' || error.code === 'EADDRNOTAVAIL' || error.code === 'EAI_AGAIN') {
    return new CommandError(
      1,
      `"${host}" is not an address of this machine. Choose another one with --host.`,
    );
  }
  return error;
}

function nextPort(port: number): number {
  return port < 65_535 ? port + 1 : 8888;
}

function address(http: Server, { host }: ServeOptions): string {
  const { port } = http.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The first signal closes every connection with 1001 (RFC 6455 §7.4.1: going away), a second one ends at once. */
function stopOnSignal(http: Server, servers: readonly Endpoint[]): void {
  onStopSignal(async () => {
    process.stdout.write('\nClosing every connection. Press Ctrl-C again to end at once.\n');
    http.close();
    const end = { code: 1001, reason: 'The server is shutting down', deadline: drainDeadline };
    await Promise.all(servers.map((server) => server.drain(end)));
    http.closeAllConnections();
    process.exit(0);
  });
}
