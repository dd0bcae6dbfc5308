/** What the page of the tests has: the client, the contract and the programs. */

export { connect } from '../../../src/browser/index.js';
export { dialing } from '../../transports/dialing.js';
export { api } from './api.js';
export { runProgram } from './programs.js';
