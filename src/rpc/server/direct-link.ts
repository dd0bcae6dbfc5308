import { NotSentError } from '../../transport/errors.js';
import type { Link } from '../../transport/link.js';

/** What a link over one connection needs of it. */
export interface DirectLinkParts {
  readonly isOpen: () => boolean;
  readonly send: (text: string) => unknown;
}

/** A link over a connection that is open, and does not come back when it is lost: nothing waits. */
export function directLink({ isOpen, send }: DirectLinkParts): Link {
  return {
    submit: (message) => {
      if (!isOpen()) return message.failed(new NotSentError('RPC_ERR_CLOSED'));
      const text = message.text();
      // Before it leaves: a peer in this process may answer within `send`.
      message.sent();
      send(text);
    },
    withdraw: () => undefined,
    post: (text) => {
      if (isOpen()) send(text);
    },
  };
}
