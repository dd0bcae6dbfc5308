/**
 * The end of a turn of the event loop, which is when what was sent in it leaves. One task for all connections: a
 * broadcast to a thousand schedules one. Knows nothing of frames.
 */

import { nextTick } from 'node:process';
import { rethrow } from './rethrow.js';

/** What waits for the end of the turn. */
export interface EndOfTurn {
  flush(): void;
}

let waiting: EndOfTurn[] = [];
let watchesExit = false;

/** Calls `flush` at the end of this turn; also if the process exits before, as it does after `process.exit()`. */
export function atEndOfTurn(target: EndOfTurn): void {
  if (waiting.push(target) === 1) nextTick(endTurn);
  if (watchesExit) return;
  watchesExit = true;
  process.once('exit', endTurn);
}

function endTurn(): void {
  const targets = waiting;
  waiting = [];
  for (const target of targets) {
    try {
      target.flush();
    } catch (error) {
      // It is this connection's alone: those behind it would wait for ever.
      rethrow(error);
    }
  }
}
