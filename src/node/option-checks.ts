import { inspect } from 'node:util';
import { UsageError } from '../protocol/errors.js';

/**
 * Checks of options where a server or client is made: a value that would switch a limit off without a word, or
 * fail at the first connection, is refused at once. `undefined` and `null` stand for the default.
 */

/** Whether a value may be given for an option, and what it should have been. */
export interface OptionCheck {
  readonly accepts: (value: unknown) => boolean;
  /** Completes "must be …". */
  readonly expected: string;
}

/** Bytes, milliseconds or a count. */
export const amount: OptionCheck = {
  accepts: (value) => typeof value === 'number' && value >= 0,
  expected: 'a number from 0 on',
};

/** Something to call. */
export const callable: OptionCheck = {
  // As with ws, `false` is as good as nothing.
  accepts: (value) => typeof value === 'function' || value === false,
  expected: 'a function',
};

/** One of some strings, or a function. */
export function oneOf(...names: string[]): OptionCheck {
  return {
    accepts: (value) => names.includes(value as string),
    expected: names.map((name) => `'${name}'`).join(' or '),
  };
}

/** What either check accepts. */
export function either(first: OptionCheck, second: OptionCheck): OptionCheck {
  return {
    accepts: (value) => first.accepts(value) || second.accepts(value),
    expected: `${first.expected} or ${second.expected}`,
  };
}

const positive = (value: unknown): boolean => value === undefined || (typeof value === 'number' && value > 0);

/** `HeartbeatSettings`, or `false` for none. */
const heartbeat: OptionCheck = {
  accepts: (value) => {
    if (typeof value !== 'object') return value === false;
    const { interval, timeout } = value as { interval?: unknown; timeout?: unknown };
    return positive(interval) && positive(timeout);
  },
  expected: 'false or { interval, timeout }, in milliseconds and above 0',
};

/** Options that connections of both ends have. */
export const connectionChecks: Readonly<Record<string, OptionCheck>> = {
  maxPayload: amount,
  maxFragments: amount,
  maxMessageSize: amount,
  closeTimeout: amount,
  handshakeTimeout: amount,
  highWaterMark: amount,
  maxBufferedAmount: amount,
  heartbeat,
  slowConsumer: either(oneOf('close', 'drop', 'send'), callable),
  textType: oneOf('buffer', 'string'),
};

/** @throws UsageError `WS_ERR_INVALID_OPTIONS` for the first option that does not pass its check */
export function checkOptionValues(options: object, checks: Readonly<Record<string, OptionCheck>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null || !Object.hasOwn(checks, name)) continue;
    const { accepts, expected } = checks[name];
    if (accepts(value)) continue;
    throw new UsageError(
      'WS_ERR_INVALID_OPTIONS',
      `The option "${name}" must be ${expected}, not ${inspect(value)}`,
    );
  }
}
