import { WebSocket } from '../client/websocket.js';
import { DEFAULT_CLOSE_TIMEOUT } from '../node/connection-settings.js';
import {
  amount,
  callable,
  checkOptionValues,
  connectionChecks,
  either,
  type OptionCheck,
} from '../node/option-checks.js';
import { checkDeflateOptions } from '../node/per-message-deflate-options.js';
import { UsageError } from '../protocol/errors.js';
import { DEFAULT_MAX_FRAGMENTS, DEFAULT_MAX_PAYLOAD } from '../protocol/protocol-options.js';
import { isOrigin } from './origin-policy.js';
import type { UpgradePolicy } from './upgrade.js';

/**
 * What a server makes of the options that it was given: it checks them, and shows the defaults of those that
 * `ws` shows. It may not know what any of them does.
 */

/** @throws UsageError `WS_ERR_INVALID_OPTIONS` */
export function checkOptions(options: UpgradePolicy): void {
  const { port, server, noServer, perMessageDeflate } = options;
  checkOptionValues(options, serverChecks);
  // As with ws, `null` is as good as nothing.
  const given = [port != null, Boolean(server), Boolean(noServer)].filter(Boolean).length;
  if (given !== 1) {
    throw new UsageError(
      'WS_ERR_INVALID_OPTIONS',
      'One and only one of the "port", "server", or "noServer" options must be specified',
    );
  }
  if (perMessageDeflate && perMessageDeflate !== true) checkDeflateOptions(perMessageDeflate);
}

/** A copy of the options in which `undefined` and `null` are replaced by the default. */
export function withDefaults(options: UpgradePolicy): UpgradePolicy {
  const given = Object.entries(options).filter(([, value]) => value !== undefined && value !== null);
  const { perMessageDeflate } = options;
  return {
    ...defaults,
    ...Object.fromEntries(given),
    perMessageDeflate: perMessageDeflate === true ? {} : (perMessageDeflate ?? false),
  };
}

/** `null`, as in `ws`, where there is none. */
const defaults = {
  allowSynchronousEvents: true,
  autoPong: true,
  backlog: null,
  clientTracking: true,
  closeTimeout: DEFAULT_CLOSE_TIMEOUT,
  handleProtocols: null,
  host: null,
  maxFragments: DEFAULT_MAX_FRAGMENTS,
  maxPayload: DEFAULT_MAX_PAYLOAD,
  noServer: false,
  path: null,
  port: null,
  server: null,
  skipUTF8Validation: false,
  verifyClient: null,
  WebSocket,
} as unknown as UpgradePolicy;

const serverChecks: Readonly<Record<string, OptionCheck>> = {
  ...connectionChecks,
  maxPendingHandshakes: amount,
  trustProxy: either(amount, { accepts: (value) => typeof value === 'boolean', expected: 'a boolean' }),
  path: {
    accepts: (value) => typeof value === 'string' && (value === '' || value.startsWith('/')),
    expected: "a string that begins with '/'",
  },
  authenticate: callable,
  verifyClient: callable,
  handleProtocols: callable,
  allowedOrigins: {
    accepts: (value) => {
      if (!Array.isArray(value)) return value === 'same-host' || typeof value === 'function';
      return value.every((item) => item instanceof RegExp || isOrigin(item));
    },
    expected:
      "'same-host', an array of origins such as 'https://example.org' and regular expressions, or a function",
  },
};
