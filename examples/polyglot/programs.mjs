// Starts programs for the examples, and ends all of them with itself: when one ends by itself, and with Ctrl-C. No part of them to copy.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const running = new Set();
const atEnd = [];
let ending = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => end());

/**
 * Starts a program in a process group of its own: Ctrl-C reaches only this one, which then ends them all. `log`: the file that gets what it writes;
 * the end of it is told when the program ends by itself.
 */
export function start([command, ...args], { env = {}, stdout = 'ignore', cwd, log } = {}) {
  const file = log === undefined ? undefined : openSync(log, 'w');
  const child = spawn(command, args, {
    cwd,
    // Nothing that runs here may go through a proxy.
    env: { ...process.env, no_proxy: '127.0.0.1', ...env },
    stdio: ['ignore', file ?? stdout, file ?? 'inherit'],
    detached: true,
  });
  if (file !== undefined) closeSync(file);
  running.add(child);
  child.on('error', (error) => end(error.message));
  child.on('exit', (code, signal) => {
    running.delete(child);
    const said = log === undefined ? '' : `:\n${readFileSync(log, 'utf8').slice(-2000)}`;
    if (!ending) end(`${command} ended with ${code ?? signal}${said}`);
  });
  return child;
}

/** Runs a program to its end, as a part of getting ready. Errors: what it ended with. */
export async function run([command, ...args], options = {}) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'inherit', 'inherit'], detached: true });
  running.add(child);
  try {
    const [code, signal] = await once(child, 'exit');
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}`);
  } finally {
    running.delete(child);
  }
}

/** Has something done when all have ended. */
export function afterwards(what) {
  atEnd.push(what);
}

/** Ends everything, and this process. A fault is told, and is exit code 1. */
export async function end(fault) {
  if (ending) return;
  ending = true;
  if (fault) console.error(fault);
  const ended = [...running].map((child) => once(child, 'exit'));
  for (const { pid } of running) if (pid !== undefined) process.kill(-pid);
  await Promise.all(ended);
  for (const what of atEnd) what();
  process.exit(fault ? 1 : 0);
}

/** Starts REST-Sessions in memory, and gives its address. */
export function startSessions() {
  const command = [process.execPath, fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url))];
  const env = { RS_STORE: 'memory:', RS_HOST: '127.0.0.1', RS_PORT: '0' };
  const child = start(command, { env, stdout: 'pipe' });
  return new Promise((resolve) => {
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      const url = /listens on (http:\S+)/.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
}

/** Resolves when something answers at an address, whatever it says. */
export async function answers(url) {
  while (!(await fetch(url, { redirect: 'manual' }).catch(() => undefined))) await wait(50);
}

/** Gives a port that is free now, below those that the system gives to others, and none that fetch and browsers refuse: the last of these is 10080. */
export async function freePort() {
  for (;;) {
    const server = createServer().listen(10_100 + Math.floor(Math.random() * 4900), '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    const { port } = server.address();
    server.close();
    return port;
  }
}
