/** Sessions by a cookie, as a middleware. One of npm, such as express-session, is used in the same way. */
import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';

const COOKIE = 'session';
const MAX_SESSIONS = 10_000;

/** Who is logged in. */
export interface Session {
  readonly id: string;
  readonly name: string;
}

declare global {
  namespace Express {
    interface Request {
      session?: Session | undefined;
    }
  }
}

const sessions = new Map<string, Session>();

/** Puts the session of the cookie into the request; `undefined` if there is none. */
export const session: RequestHandler = (request, _response, next) => {
  const cookies = (request.headers.cookie ?? '').split(';').map((cookie) => cookie.trim());
  const prefix = `${COOKIE}=`;
  const id = cookies.find((cookie) => cookie.startsWith(prefix))?.slice(prefix.length) ?? '';
  request.session = sessions.get(id);
  next();
};

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
