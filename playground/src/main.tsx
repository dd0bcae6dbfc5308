/** The page's entry. */
import { render } from 'preact';
import { App } from './app.js';
import { connection } from './connection.js';
import { inspection } from './inspection.js';
import { ownEndpoint, withInspection } from './own-endpoint.js';

render(<App />, document.body);
// First who looks on, so that the connection is seen from its first frame.
await inspection.start();
connection.open(withInspection(ownEndpoint(false), inspection.id));
