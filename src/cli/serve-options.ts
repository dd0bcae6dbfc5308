/**
 * The arguments of `hawser serve`, read once into typed values.
 */
import { parseArgs } from 'node:util';
import { CommandError, firstSentence } from './command-error.js';

/** What `hawser serve --help` prints. */
export const serveUsage = `Usage: hawser serve [options]

Serves a page that shows a WebSocket connection frame by frame, two echo endpoints, / and, with permessage-deflate,
/compressed, and an example API at /rpc, on one address.

Options:
  -p, --port <number>  TCP port, 0 for any free one (default: 8888, or the PORT variable)
  -H, --host <name>    Host name or address to listen on (default: localhost)
  -h, --help           Show this text
`;

/** Where to serve. */
export interface ServeOptions {
  readonly port: number;
  readonly host: string;
}

/** Reads the arguments; `help` when only the usage is wanted. Throws a `CommandError` for wrong ones. */
export function parseServeOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ServeOptions | 'help' {
  const values = parse(args);
  if (values.help === true) return 'help';
  const port =
    values.port !== undefined
      ? portNumber(values.port, '--port')
      : env.PORT !== undefined && env.PORT !== ''
        ? portNumber(env.PORT, 'the PORT variable')
        : 8888;
  if (values.host === '') throw new CommandError(2, '--host must not be empty.', serveUsage);
  return { port, host: values.host ?? 'localhost' };
}

function parse(args: readonly string[]): { port?: string; host?: string; help?: boolean } {
  try {
    const options = {
      port: { type: 'string', short: 'p' },
      host: { type: 'string', short: 'H' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new CommandError(2, firstSentence((error as Error).message), serveUsage);
  }
}

function portNumber(text: string, source: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new CommandError(2, `"${text}" in ${source} is not a port; it must be from 0 to 65535.`, serveUsage);
}
