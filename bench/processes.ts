/**
 * Child processes that are measured: started on one core, spoken to by lines of JSON, their CPU time and
 * memory read from the operating system.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';

const canPin = spawnSync('taskset', ['--version']).status === 0;
const running = new Set<ChildProcess>();

/** Ends what still runs, so that Ctrl-C leaves nothing behind. */
export function stopAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** One process that speaks lines of JSON on its standard streams. */
export class MeasuredProcess {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #received: unknown[] = [];
  #wake: (() => void) | undefined;
  #ended: string | undefined;

  /** Starts `command` on a core of its own, where the machine can do that. */
  constructor(
    command: readonly string[],
    { core, environment = {} }: { core: number; environment?: Readonly<Record<string, string>> },
  ) {
    const [program = '', ...args] = canPin ? ['taskset', '-c', String(core), ...command] : command;
    this.#child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...environment },
    });
    running.add(this.#child);
    this.#child.once('error', (error) => this.#end(error.message));
    this.#child.once('exit', (code, signal) => this.#end(`exit ${code ?? signal}`));
    this.#child.stdin?.on('error', () => {});
    this.#lines = createInterface(this.#child.stdout as NodeJS.ReadableStream);
    this.#lines.on('line', (line) => this.#receive(JSON.parse(line)));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Sends one line. */
  tell(message: unknown): void {
    this.#child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  /** The next line; rejects when the process ends before. */
  async next<Answer>(): Promise<Answer> {
    while (this.#received.length === 0) {
      if (this.#ended !== undefined) throw new Error(`${this.#child.spawnargs.join(' ')}: ${this.#ended}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#received.shift() as Answer;
  }

  async ask<Answer>(message: unknown): Promise<Answer> {
    this.tell(message);
    return this.next<Answer>();
  }

  async stop(): Promise<void> {
    if (this.#ended !== undefined) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  #receive(message: unknown): void {
    this.#received.push(message);
    this.#wake?.();
  }

  #end(how: string): void {
    running.delete(this.#child);
    this.#ended = how;
    this.#wake?.();
  }
}

/** CPU time that a process has used in all its threads, in microseconds. */
export function cpuTime(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => sum + threadTime(`/proc/${pid}/task/${thread}`), 0) / 1000;
}

/** In nanoseconds: time on the processor by the scheduler's account, user and system together. */
function threadTime(path: string): number {
  return Number(readFileSync(`${path}/schedstat`, 'utf8').split(' ')[0]);
}

/** The most resident memory is counted from now on. */
export function resetPeakMemory(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Resident memory of a process in bytes: now, or the most since it began or `resetPeakMemory`. */
export function residentMemory(pid: number, which: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(which));
  return Number.parseInt((line ?? '').slice(which.length + 1), 10) * 1024;
}
