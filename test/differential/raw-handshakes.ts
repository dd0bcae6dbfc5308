/** Opening handshakes on bare TCP connections, and HTTP servers, for the programs about the server. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RawClient, type RequestChanges, upgradeRequest } from '../server/raw-client.js';

export { ACCEPT, KEY, maskedFrame, upgradeRequest } from '../server/raw-client.js';

/** Sends a request and gives all that comes, as text, once the server has ended the connection. */
export async function exchange(port: number, request: RequestChanges | string = {}): Promise<string> {
  const client = await RawClient.connect(port);
  client.socket.write(typeof request === 'string' ? request : upgradeRequest(request), 'latin1');
  return (await client.closed()).toString();
}

/** Sends a good request and gives the head of the answer; the connection stays open. */
export async function handshake(
  port: number,
  changes: RequestChanges | string = {},
): Promise<{ client: RawClient; head: string }> {
  const client = await RawClient.connect(port);
  client.socket.write(typeof changes === 'string' ? changes : upgradeRequest(changes), 'latin1');
  await client.until(() => client.received.includes('\r\n\r\n'));
  const end = client.received.indexOf('\r\n\r\n') + 4;
  const head = client.received.subarray(0, end).toString();
  client.received = client.received.subarray(end);
  return { client, head };
}

/** The status line and the fields of an answer as they are on the wire, one entry for each line. */
export function lines(answer: string): string[] {
  const end = answer.indexOf('\r\n\r\n');
  return [...answer.slice(0, end).split('\r\n'), '', answer.slice(end + 4)];
}

/** The value of one field of an answer. */
export function field(answer: string, name: string): string | undefined {
  const line = answer.split('\r\n').find((text) => text.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  return line?.slice(name.length + 1).trim();
}

/** An HTTP server that listens and answers 200 to plain requests. */
export async function httpServer(): Promise<{ http: Server; port: number }> {
  const http = createServer((_request, response) => response.end('page'));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return { http, port: (http.address() as AddressInfo).port };
}

/** Closes an HTTP server with its connections. */
export async function stopHttp(http: Server): Promise<void> {
  http.closeAllConnections();
  await new Promise<void>((resolve) => void http.close(() => resolve()));
}

/** The error that a function throws, or what it returns. */
export function outcome(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

/** What an answer says besides the fields that every answer has. */
export interface Refusal {
  readonly status: string;
  readonly fields?: readonly string[];
  readonly body: string;
}

/** Every line of a refusal with a body of this type, as programs tell it. */
export function told(type: string, { status, fields = [], body }: Refusal): string[] {
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  const head = [`HTTP/1.1 ${status}`, 'Connection: close', `Content-Type: ${type}`, length, ...fields];
  return [...head, '', body].map((line) => `answer ${JSON.stringify(line)}`);
}
