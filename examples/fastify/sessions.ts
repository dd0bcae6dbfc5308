/** Sessions by a cookie. They are found by its header, which a request of Fastify has as well as an upgrade. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const COOKIE = 'session';
const MAX_SESSIONS = 10_000;

/** Who is logged in. */
export interface Session {
  readonly id: string;
  readonly name: string;
}

const sessions = new Map<string, Session>();

/** The session of a request's cookie. */
export function sessionOf({ headers }: Pick<IncomingMessage, 'headers'>): Session | undefined {
  const cookies = (headers.cookie ?? '').split(';').map((cookie) => cookie.trim());
  const prefix = `${COOKIE}=`;
  const id = cookies.find((cookie) => cookie.startsWith(prefix))?.slice(prefix.length) ?? '';
  return sessions.get(id);
}

/** Begins a session. The oldest one makes room where there are too many. */
export function begin(name: string): Session {
  const [oldest] = sessions.keys();
  if (sessions.size >= MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest);
  const begun = { id: randomUUID(), name };
  sessions.set(begun.id, begun);
  return begun;
}

export function end({ id }: Session): void {
  sessions.delete(id);
}

/** The header `Set-Cookie` of a session. No script sees the cookie, and no other site's request carries it. */
export const cookieOf = ({ id }: Session): string => `${COOKIE}=${id}; Path=/; HttpOnly; SameSite=Strict`;
