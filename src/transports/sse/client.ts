/**
 * Server-Sent Events down, POST up: for networks that let no WebSocket through.
 * @module hawser/client/sse
 */

import type { Dial } from '../../transport/dial.js';
import {
  check,
  type Ending,
  type HttpOptions,
  type HttpSession,
  httpDial,
  type Opening,
} from '../fallback/http-session.js';
import { eventStreamParser } from './event-stream-parser.js';

export type { HttpOptions } from '../fallback/http-session.js';

/** Connects by Server-Sent Events, which are read with `fetch`: so headers may be given, and Node.js has it. */
export function sseDial(options?: HttpOptions): Dial {
  return httpDial({ name: 'sse', accept: 'text/event-stream', read }, options);
}

async function read(response: Response, session: HttpSession): Promise<never> {
  const decoder = new TextDecoder();
  const parse = eventStreamParser((type, data) => {
    if (type === 'message') session.message(data);
    else if (type === 'json') session.message(JSON.parse(data));
    else if (type === 'session') session.opened(JSON.parse(data) as Opening);
    else if (type === 'close') session.ended(...(JSON.parse(data) as Ending));
  });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    // As it never does: the session tells its end.
    check(!done);
    parse(decoder.decode(value, { stream: true }));
  }
}
