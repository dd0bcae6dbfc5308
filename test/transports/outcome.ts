/** How an operation ends, in a word; in a page as on Node.js. */
export async function outcome(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    const { name, code, message } = error as { name: string; code: unknown; message: string };
    return `${name} ${code ?? message}`;
  }
}
