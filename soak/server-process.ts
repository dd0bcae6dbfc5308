import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Refused } from './refusals.js';

/** The server of a soak in a process of its own. */
export class ServerProcess {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(child: ChildProcess, ended: Promise<unknown>, port: number) {
    this.#child = child;
    this.#ended = ended;
    this.port = port;
  }

  /** Starts it; rejects if it ends before it listens. */
  static async start(logFile: string): Promise<ServerProcess> {
    const runner = fileURLToPath(new URL('../scripts/run-typescript.js', import.meta.url));
    const child = fork(runner, ['soak/server.ts', logFile]);
    const ended = once(child, 'exit');
    const failed = ended.then(([code]) => Promise.reject(new Error(`the server ended with code ${code}`)));
    const [port] = (await Promise.race([once(child, 'message'), failed])) as [number];
    // Whether it ends well later is told by its log.
    failed.catch(() => undefined);
    return new ServerProcess(child, ended, port);
  }

  /** Has it drop some requests from now on, until it is told otherwise. */
  refuse(refused: Refused): void {
    if (this.#child.connected) this.#child.send({ refused });
  }

  /** Lets it write what is left; resolves when it has ended. */
  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.send({ refused: 'nothing', isOver: true });
    await this.#ended;
  }
}
