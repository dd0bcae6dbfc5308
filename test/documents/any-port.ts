/** Lets a program of the documents be run beside others. Knows nothing of what it does. */

/**
 * A module to be loaded first: every HTTP server of the program listens on a free port of 127.0.0.1, whatever it asks
 * for, and the program prints `PORT` and the number.
 */
export const anyPort = `
import { Server } from 'node:net';
const { listen } = Server.prototype;
Server.prototype.listen = function (options, ...rest) {
  this.once('listening', () => console.log('PORT ' + this.address().port));
  const callback = rest.findLast((argument) => typeof argument === 'function');
  return listen.call(this, { ...options, port: 0, host: '127.0.0.1' }, callback);
};
`;
