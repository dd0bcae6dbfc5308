import { Duplex, type DuplexOptions } from 'node:stream';
import { CLOSED, CONNECTING } from './ready-state.js';
import type { WebSocket } from './websocket.js';

/**
 * A WebSocket as a Node.js Duplex: each chunk written is a message, each message received is a chunk. Both
 * directions have backpressure. Ending the writable side closes the connection; when the connection closes the
 * readable side ends. `options` go to the Duplex; in object mode text messages are strings.
 */
export function createWebSocketStream(websocket: WebSocket, options: DuplexOptions = {}): Duplex {
  const stream = new WebSocketDuplex(websocket, options);
  websocket.on('message', (data, isBinary) => {
    const chunk = !isBinary && stream.readableObjectMode ? String(data) : data;
    if (!stream.push(chunk)) websocket.pause();
  });
  websocket.once('error', (error) => stream.fail(error));
  websocket.once('close', () => stream.endReading());
  return stream;
}

class WebSocketDuplex extends Duplex {
  private readonly websocket: WebSocket;
  /** An error of the WebSocket has destroyed this stream: there is nothing left to close. */
  private failed = false;

  constructor(websocket: WebSocket, options: DuplexOptions) {
    super({ ...options, autoDestroy: true, emitClose: true, objectMode: false, writableObjectMode: false });
    this.websocket = websocket;
  }

  fail(error: Error): void {
    if (this.destroyed) return;
    this.failed = true;
    this.destroy(error);
  }

  endReading(): void {
    if (!this.destroyed) this.push(null);
  }

  override _read(): void {
    if (this.websocket.isPaused) this.websocket.resume();
  }

  override _write(
    chunk: Buffer | string,
    encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    if (this.websocket.readyState === CONNECTING) {
      this.websocket.once('open', () => this._write(chunk, encoding, callback));
      return;
    }
    this.websocket.send(chunk, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    const { websocket } = this;
    if (websocket.readyState === CONNECTING) {
      websocket.once('open', () => this._final(callback));
      return;
    }
    if (websocket.readyState === CLOSED) {
      callback();
      return;
    }
    // Both close frames are out when the socket finishes; one that is destroyed before tells by `close`.
    let finish: (() => void) | null = () => {
      finish = null;
      callback();
    };
    websocket._socket?.once('finish', () => finish?.());
    websocket.once('close', () => finish?.());
    websocket.close();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const { websocket } = this;
    if (websocket.readyState === CLOSED) {
      callback(error);
      return;
    }
    websocket.once('close', () => callback(error));
    if (!this.failed) websocket.terminate();
  }
}
