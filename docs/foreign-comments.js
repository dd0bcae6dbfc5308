/**
 * A plugin of TypeDoc: what the doc comments of Node's own declarations say is left out of the reference. Their links
 * lead nowhere there, and Node's documents say it better.
 */
import { Converter } from 'typedoc';

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_SIGNATURE, (_context, signature) => {
    if (signature.comment?.sourcePath?.includes('/node_modules/')) delete signature.comment;
  });
}
