/**
 * The page's entry: one connection and the panels that stand around it.
 */
import { binaryPanel } from './binary-panel.js';
import { Connection } from './connection.js';
import { connectionPanel } from './connection-panel.js';
import { textPanel } from './text-panel.js';

const connection = new Connection();
textPanel(connection);
binaryPanel(connection);
connectionPanel(connection);
