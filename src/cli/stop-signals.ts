/** What SIGINT and SIGTERM do to a command: the first asks it to stop in order, a second one ends it at once. */

/** The exit code of a process that a second Ctrl-C ended: 128 + SIGINT. */
const interrupted = 130;

/** Calls `stop` at the first signal; the returned function is that reaction itself, for a Ctrl-C that comes as a key. */
export function onStopSignal(stop: () => void): () => void {
  let stoppedAt: number | undefined;
  const react = (): void => {
    if (stoppedAt === undefined) {
      stoppedAt = performance.now();
      stop();
    } else if (performance.now() - stoppedAt >= echoOfSignal()) {
      process.exit(interrupted);
    }
  };
  process.on('SIGINT', react);
  process.on('SIGTERM', react);
  return react;
}

/**
 * How long a further signal counts as the same one, in milliseconds: npm and npx pass on a Ctrl-C that the
 * terminal has already delivered to every process.
 */
function echoOfSignal(): number {
  return process.env.npm_lifecycle_event === undefined ? 0 : 1_000;
}
