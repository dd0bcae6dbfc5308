/** The server's clock, as this page knows it from pings. The quickest of the last ones is the most exact. */

interface Ping {
  readonly roundTrip: number;
  readonly offset: number;
}

/** Clocks drift: a ping of long ago is not believed. */
const maxPings = 20;

/** Tells the server's time. */
export class ServerClock {
  #pings: Ping[] = [];

  /** A ping was answered: when it left and came back by this page's clock, and what the server's clock said between. */
  take(sent: number, received: number, at: number): void {
    const roundTrip = received - sent;
    const ping = { roundTrip, offset: at - (sent + roundTrip / 2) };
    this.#pings = [...this.#pings, ping].slice(-maxPings);
  }

  /** The server's time when this page's clock says `time`. */
  at(time: number): number {
    const [first, ...others] = this.#pings;
    if (first === undefined) return time;
    return (
      time + others.reduce((best, ping) => (ping.roundTrip < best.roundTrip ? ping : best), first).offset
    );
  }
}
