/** The arguments of `hawser connect`, read once into typed values. */
import { parseArgs } from 'node:util';
import { CommandError, firstSentence } from '../command-error.js';
import { addressOf } from './address.js';

/** What `hawser connect --help` prints. */
export const connectUsage = `Usage: hawser connect [options] <url>

Opens a WebSocket connection. In a terminal each line that you type is sent as a message, and what comes is shown. In a
pipe each line of the input is a message and each message that comes is a line of the output; what else is to be said
goes to the error output. "localhost:8888" stands for "ws://localhost:8888".

Options:
  -H, --header <name: value>  Send a header with the opening handshake; may be repeated
  -s, --subprotocol <name>    Offer a subprotocol; may be repeated
  -o, --origin <origin>       Send an Origin header, as a page of that origin would
  -b, --binary                Send binary messages; by default text
      --compress              Offer permessage-deflate
      --frames                Show each frame of the connection
  -k, --insecure              Accept any certificate of the server
      --literal               Send lines that begin with "/" as they are
  -w, --wait <seconds>        After the end of the input, wait for this long a silence before closing (default: 0.5)
  -h, --help                  Show this text

Lines that begin with "/":
  /ping [data]                Send a ping and show how long its pong takes
  /pong [data]                Send a pong
  /close [code] [reason]      Close the connection
  /help                       Show these commands
  //text                      Send "/text"

Exit codes:
  0    closed in order: by you, or by the server with 1000, 1001 or no code
  1    not connected
  2    wrong arguments
  3    the connection was lost, or broke a rule
  4    the server closed with another code
  130  ended at once by a second Ctrl-C
`;

/** How to connect, and what to do with lines. */
export interface ConnectOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly subprotocols: readonly string[];
  readonly origin: string | undefined;
  readonly binary: boolean;
  readonly compress: boolean;
  readonly frames: boolean;
  readonly insecure: boolean;
  readonly literal: boolean;
  /** In milliseconds. */
  readonly wait: number;
}

const options = {
  header: { type: 'string', short: 'H', multiple: true },
  subprotocol: { type: 'string', short: 's', multiple: true },
  origin: { type: 'string', short: 'o' },
  binary: { type: 'boolean', short: 'b' },
  compress: { type: 'boolean' },
  frames: { type: 'boolean' },
  insecure: { type: 'boolean', short: 'k' },
  literal: { type: 'boolean' },
  wait: { type: 'string', short: 'w' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reads the arguments; `help` when only the usage is wanted. Throws a `CommandError` for wrong ones. */
export function parseConnectOptions(args: readonly string[]): ConnectOptions | 'help' {
  const { values, positionals } = parse(args);
  if (values.help === true) return 'help';
  const [url, extra] = positionals;
  if (url === undefined) throw wrong('No address was given.');
  if (extra !== undefined) throw wrong(`"${extra}" is one address too many.`);
  const { header = [], subprotocol: subprotocols = [], origin } = values;
  const { binary = false, compress = false, frames = false, insecure = false, literal = false } = values;
  const flags = { binary, compress, frames, insecure, literal };
  return {
    url: addressOf(url),
    headers: headersOf(header),
    subprotocols,
    origin,
    ...flags,
    wait: waitOf(values.wait),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  } catch (error) {
    throw wrong(firstSentence((error as Error).message));
  }
}

function headersOf(lines: readonly string[]): Record<string, string | string[]> {
  const headers = new Map<string, string | string[]>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim();
    if (name === '') throw wrong(`"${line}" is not a header; write it as "Name: value".`);
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(headers);
}

function waitOf(text: string | undefined): number {
  const seconds = Number(text ?? '0.5');
  if (text?.trim() !== '' && seconds >= 0 && seconds <= 86_400) return seconds * 1000;
  throw wrong(`"${text}" in --wait is not a number of seconds from 0 to 86400.`);
}

function wrong(message: string): CommandError {
  return new CommandError(2, message, 'hawser connect --help tells what there is.\n');
}
