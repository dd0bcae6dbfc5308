/**
 * A comparison that a page has begun: a source of events, and what each transport has cost. It lives as long as the page
 * looks on by the side channel.
 */
import type { WebSocket } from 'hawser';
import { ComparedEvents, serverTime } from './compared-events.js';
import { type RunCommand, type RunMessage, rates, type TransportName, transports } from './format.js';
import { CostTally } from './wire-meter.js';

/** How often the page is told the costs, in milliseconds. */
const tellInterval = 250;

/** What follows the events of a run: a WebSocket, or a session of a fallback transport. */
interface FollowingSocket {
  send(text: string): unknown;
  close(code: number, reason: string): void;
  on(event: 'close', listener: () => void): unknown;
}

/** One run. */
export class Run {
  readonly id: string;
  readonly events = new ComparedEvents();
  readonly tallies: Readonly<Record<TransportName, CostTally>> = {
    short: new CostTally(),
    polling: new CostTally(),
    sse: new CostTally(),
    websocket: new CostTally(),
  };
  readonly #page: WebSocket;
  readonly #sockets = new Set<FollowingSocket>();

  /** @param page its side channel, with which it ends */
  constructor(id: string, page: WebSocket) {
    this.id = id;
    this.#page = page;
    const timer = setInterval(() => this.#tellCosts(), tellInterval);
    page.on('message', (command) => this.#obey(String(command)));
    page.on('close', () => {
      clearInterval(timer);
      this.#end();
    });
  }

  /** Sends the events of this run, from the first, on `socket`. */
  deliver(socket: FollowingSocket): void {
    this.#sockets.add(socket);
    const leave = this.events.follow((event) => socket.send(event));
    socket.on('close', () => {
      leave();
      this.#sockets.delete(socket);
    });
  }

  #obey(text: string): void {
    const command = parse(text);
    if (command?.do === 'ping') this.#tell({ type: 'pong', at: serverTime() });
    else if (command?.do === 'stop') this.events.stop();
    else if (command?.do === 'start' && isRate(command.rate)) this.events.start(command.rate);
    else this.#page.close(1008, 'This is no command');
  }

  #tellCosts(): void {
    const costs = Object.fromEntries(transports.map((name) => [name, this.tallies[name].cost]));
    const { last, isOver } = this.events;
    this.#tell({ type: 'costs', costs: costs as Record<TransportName, CostTally['cost']>, last, isOver });
  }

  /** A page that does not read loses its side channel, and with it the run. */
  #tell(message: RunMessage): void {
    if (this.#page.readyState === this.#page.OPEN) this.#page.send(JSON.stringify(message));
  }

  #end(): void {
    this.events.stop();
    for (const socket of this.#sockets) socket.close(1001, 'The page does not look on any more');
  }
}

function isRate(rate: number): boolean {
  return rates.some((known) => known === rate);
}

function parse(text: string): RunCommand | undefined {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}
