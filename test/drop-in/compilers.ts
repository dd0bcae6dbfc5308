/** The two compilers that the types are proved with, and the programming interface of the older one. */
import { createRequire } from 'node:module';
import { type ProjectFolder, peers, root } from './project-folder.js';

/** TypeScript 5.9; version 7 has no such interface. */
export const typescript: typeof import('../peers/node_modules/typescript-5.9/lib/typescript.js') =
  createRequire(`${peers}none.js`)('typescript-5.9');

/** Each compiler as a program with its first arguments. */
export const compilers: Readonly<Record<'5.9' | '7', readonly string[]>> = {
  5.9: [`${peers}typescript-5.9/bin/tsc`],
  7: [`${root}node_modules/typescript/bin/tsc`, '--ignoreConfig'],
};

/**
 * Compiles files of a folder without `skipLibCheck`, so that declarations of packages are checked as well; resolves
 * with an empty string, or rejects with what the compiler says.
 */
export function compile(
  folder: ProjectFolder,
  compiler: keyof typeof compilers,
  files: readonly string[],
  ...options: string[]
): Promise<string> {
  const always = ['--strict', '--types', 'node', '--target', 'es2022', '--pretty', 'false'];
  const output = options.includes('--outDir') ? [] : ['--noEmit'];
  return folder.run(process.execPath, [...compilers[compiler], ...always, ...output, ...options, ...files]);
}
