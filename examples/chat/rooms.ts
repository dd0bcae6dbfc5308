/** Who is in which room. A room is there while somebody is in it. */
import type { PreparedMessage, WebSocket } from 'hawser';

/** More would make every message costly. */
const MAX_MEMBERS = 100;

/** Why somebody cannot come in: a page sees the code and the reason of a close, but not the status of a refusal. */
export interface Refusal {
  readonly code: number;
  readonly reason: string;
}

type Room = Map<string, WebSocket>;
const rooms = new Map<string, Room>();

/** Lets somebody in, or says why not. */
export function enter(roomName: string, name: string, socket: WebSocket): Refusal | undefined {
  const room: Room = rooms.get(roomName) ?? new Map();
  if (room.has(name)) return { code: 4409, reason: 'That name is taken' };
  if (room.size >= MAX_MEMBERS) return { code: 4403, reason: 'The room is full' };
  rooms.set(roomName, room.set(name, socket));
  return undefined;
}

export function leave(roomName: string, name: string): void {
  const room = rooms.get(roomName);
  room?.delete(name);
  if (room?.size === 0) rooms.delete(roomName);
}

export function namesIn(roomName: string): string[] {
  return [...(rooms.get(roomName)?.keys() ?? [])];
}

/** Sends to everybody in a room. A member who is closing gets nothing any more. */
export function sendTo(roomName: string, message: PreparedMessage): void {
  for (const socket of rooms.get(roomName)?.values() ?? []) socket.send(message);
}
