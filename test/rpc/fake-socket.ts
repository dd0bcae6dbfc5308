import { EventEmitter } from 'node:events';
import type { MessageSocket } from '../../src/transport/message-socket.js';

/** A socket as `ws` has them: `send` says nothing, and what is sent stays in the buffer. */
export class FakeSocket extends EventEmitter implements MessageSocket {
  readonly protocol = '';
  readonly readyState: number = 1;
  readonly sent: string[] = [];
  readonly closes: unknown[] = [];
  bufferedAmount = 0;

  send(text: string): void {
    this.sent.push(text);
    this.bufferedAmount += text.length;
  }

  close(code?: number): void {
    this.closes.push(code);
  }

  terminate(): void {
    this.closes.push('terminated');
    this.emit('close', 1006, '');
  }

  /** The peer sends a message. */
  receive(message: unknown): void {
    this.emit('message', JSON.stringify(message), false);
  }
}
