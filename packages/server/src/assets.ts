/**
 * Every file of the package that is read beside the code. Where they are is said here and nowhere else: the sources
 * (src/) and what is built of them (dist/) are in the same folder, so one path is right for both. In the single executable
 * (deploy/executable) they are inside of it, by the same paths.
 */
import { readFileSync } from 'node:fs';
import { getAsset, getRawAsset, isSea } from 'node:sea';

const PACKAGE = new URL('../', import.meta.url);

/** Gives the version of the package. */
export function packageVersion(): string {
  return (JSON.parse(read('package.json')) as { version: string }).version;
}

/** Gives the JSON Schema of the policy file, as text. */
export function configSchema(): string {
  return read('schema/config.json');
}

/** Gives the JSON Schema of a line of the interchange format, as text. */
export function exportSchema(): string {
  return read('schema/export.json');
}

/** Gives the text of a Lua script or of a library that some include: its name without `.lua`. */
export function luaText(name: string): string {
  return read(`lua/${name}.lua`);
}

/** Gives the text of a file of the page /docs. Errors: what reading says where the page was not built. */
export function docsPageFile(name: string): string {
  return read(`dist/docs-page/${name}`);
}

/** Gives the bytes of a file of the console. Errors: what reading says where there is none, or the console was not built. */
export function consoleFile(name: string): Buffer<ArrayBuffer> {
  const path = `dist/console/${name}`;
  return isSea() ? Buffer.from(getRawAsset(path) as ArrayBuffer) : readFileSync(new URL(path, PACKAGE));
}

function read(path: string): string {
  return isSea() ? getAsset(path, 'utf8') : readFileSync(new URL(path, PACKAGE), 'utf8');
}
