/** What a line of the input means: a message, or one of the commands that begin with a slash. */
import type { WebSocket } from 'hawser';

/** What `/help` shows. */
export const lineHelp = `/ping [data]  /pong [data]  /close [code] [reason]  /help  //text sends "/text"`;

/** A line as it was understood. */
export type Line =
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'ping' | 'pong'; readonly data: string }
  | { readonly kind: 'close'; readonly code: number | undefined; readonly reason: string }
  | { readonly kind: 'help' }
  | { readonly kind: 'mistake'; readonly reason: string };

/** Understands a line; with `literal` it is a message whatever it begins with. */
export function lineOf(text: string, literal: boolean): Line {
  if (literal || !text.startsWith('/')) return { kind: 'message', text };
  if (text.startsWith('//')) return { kind: 'message', text: text.slice(1) };
  const space = text.indexOf(' ');
  const name = text.slice(1, space < 0 ? undefined : space);
  const rest = space < 0 ? '' : text.slice(space + 1).trim();
  if (name === 'ping' || name === 'pong') return { kind: name, data: rest };
  if (name === 'close') return closeOf(rest);
  if (name === 'help') return { kind: 'help' };
  return { kind: 'mistake', reason: `There is no command "/${name}". ${lineHelp}` };
}

function closeOf(rest: string): Line {
  if (rest === '') return { kind: 'close', code: undefined, reason: '' };
  const [code = '', ...reason] = rest.split(' ');
  if (/^\d+$/.test(code)) return { kind: 'close', code: Number(code), reason: reason.join(' ') };
  return { kind: 'mistake', reason: `"${code}" is not a close code. Write /close 1000 bye.` };
}

/** Does what a line says, other than sending a message. Throws what the socket throws, such as for a wrong close code. */
export function obey(socket: WebSocket, line: Exclude<Line, { kind: 'message' }>): string | undefined {
  if (line.kind === 'help') return lineHelp;
  if (line.kind === 'mistake') return line.reason;
  if (line.kind === 'close') socket.close(line.code, line.reason);
  else socket[line.kind](line.data);
  return undefined;
}
