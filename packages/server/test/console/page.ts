/** The console over files that a test has made, without a socket. */
import type { ConsoleOfApp } from '../../src/http/app.ts';
import { appWith } from './in-process.ts';

const FILES: Readonly<Record<string, string>> = { 'index.html': '<!doctype html><title>Console</title>' };

const readFile: ConsoleOfApp['readFile'] = (name) => {
  const text = FILES[name];
  if (text === undefined) throw new Error(`there is no ${name}`);
  return new TextEncoder().encode(text);
};

/** Gives what asks for a path. */
export async function createConsolePage() {
  const { app } = appWith([], { readFile });
  return async (path: string, headers: Record<string, string> = {}) => {
    const answer = await app.request(`http://127.0.0.1${path}`, { headers }, {});
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
}
