/**
 * `npm start`: builds what is needed, then serves the page and the echo endpoint in this very process, so
 * that Ctrl-C reaches it directly. Arguments go to `hawser serve`.
 */
import { buildOrExit } from './build.js';
import { root } from './steps.js';

await buildOrExit();
process.argv.splice(1, 1, `${root}dist/cli/main.js`, 'serve');
await import(`${root}dist/cli/main.js`);
