/**
 * All that a connection must have before the first command of ours: the socket, TLS where the URL says so, the account, the
 * database, and a server that has its data. Done on the bare socket, before the driver gets it: the driver goes on
 * when SELECT is refused, and our keys would be in database 0, where another installation may have its own; it goes on as
 * well when Redis knows of no password. One that is refused anything never becomes a connection.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls';
import { refused, silent, unanswered, unreachable } from './refusal.ts';

/** As whom, and to which database. */
export interface Login {
  readonly username: string | null;
  readonly password: string | null;
  readonly db: number;
  /** What the operator has said it in, for words. Absence: RS_STORE. */
  readonly setting?: string;
}

export interface Place {
  readonly host: string;
  readonly port: number;
  readonly family?: number | undefined;
  /** Absence: null for a plain connection. */
  readonly tls: TlsOptions | null;
}

/** What INFO tells, as far as it matters here. Absence: undefined where the account may not ask. */
export interface ServerInfo {
  readonly role: string | undefined;
}

/** Begins to connect. */
export function open({ host, port, family = 0, tls }: Place): Socket {
  return tls === null ? connect({ host, port, family }) : connectTls({ host, port, family, ...tls } as TlsOptions);
}

/** What `shakeHands` has to know beside the login. */
export interface Circumstances {
  /** Names the other side in words: host:port. */
  readonly at: (socket: Socket) => string;
  readonly tls: boolean;
  /** Of all of it together. Units: milliseconds. */
  readonly limit: number;
}

/**
 * Resolves once commands may use a socket that was opened just now. Errors: one sentence of refusal.ts; the socket is destroyed
 * then.
 */
export async function shakeHands(socket: Socket, login: Login, { at, tls, limit }: Circumstances): Promise<ServerInfo> {
  // Who waits for it is told below; an error that comes when nobody waits must not end the process.
  socket.on('error', () => {});
  const timer = setTimeout(() => socket.destroy(silent(at(socket), tls, limit)), limit);
  try {
    await connected(socket, at(socket), tls);
    return judge(commandsOf(login), await ask(socket, commandsOf(login), at(socket), tls), at(socket), login);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function connected(socket: Socket, at: string, tls: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(tls ? 'secureConnect' : 'connect', resolve);
    socket.once('error', (error) => reject(unreachable(error, at)));
    socket.once('close', () => reject(unanswered(at, tls)));
  });
}

function judge(commands: readonly Command[], replies: (string | Error)[], at: string, login: Login): ServerInfo {
  for (const [i, reply] of replies.entries()) {
    const [name] = commands[i]!;
    if (!(reply instanceof Error)) continue;
    // Without INFO nobody looks whether it is loading or a replica. Commands find that out, too.
    if (name === 'INFO' && reply.message.startsWith('NOPERM')) return { role: undefined };
    throw refused(name, reply.message, at, login.db, login.setting);
  }
  const info = String(replies.at(-1));
  if (/^loading:1\r?$/m.test(info)) throw new Error(`Redis at ${at} is still loading its data`);
  return { role: /^role:(\w+)\r?$/m.exec(info)?.[1] };
}

type Command = ['AUTH' | 'SELECT' | 'INFO', ...string[]];

function commandsOf({ username, password, db }: Login): Command[] {
  const commands: Command[] = [];
  if (username !== null) commands.push(['AUTH', username, password ?? '']);
  else if (password !== null && password !== '') commands.push(['AUTH', password]);
  // A connection begins in database 0, and a Cluster refuses the command.
  if (db !== 0) commands.push(['SELECT', String(db)]);
  commands.push(['INFO']);
  return commands;
}

/** Sends commands in one write and gives their replies, an Error for one that was refused. */
function ask(socket: Socket, commands: readonly Command[], at: string, tls: boolean): Promise<(string | Error)[]> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const end = (settle: () => void) => {
      socket.off('data', onData).off('error', onError).off('close', onClose);
      settle();
    };
    const onError = (error: NodeJS.ErrnoException) => {
      const closed = error.code === 'ECONNRESET' || error.code === 'EPIPE';
      end(() => reject(closed ? unanswered(at, tls) : unreachable(error, at)));
    };
    const onClose = () => end(() => reject(unanswered(at, tls)));
    const onData = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const replies = repliesIn(received, commands.length);
      const [first] = replies ?? [];
      if (replies === null) end(() => reject(new Error(`${at} does not answer like Redis`)));
      else if (replies.length === commands.length) end(() => resolve(replies));
      // A Redis that lets nobody in says so once and closes.
      else if (first instanceof Error && /^DENIED|max number of clients/.test(first.message)) {
        end(() => reject(refused(commands[0]![0], first.message.slice(0, 200), at, 0)));
      }
    };
    socket.on('data', onData).on('error', onError).on('close', onClose);
    socket.write(commands.map(encode).join(''));
  });
}

function encode(command: readonly string[]): string {
  return `*${command.length}\r\n${command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`;
}

/** Reads up to `count` replies, each a line or a text with its length. Absence: null when these are none of Redis. */
function repliesIn(bytes: Buffer, count: number): (string | Error)[] | null {
  const replies: (string | Error)[] = [];
  for (let start = 0; replies.length < count && start < bytes.length; ) {
    const kind = String.fromCharCode(bytes[start]!);
    if (!'+-$:'.includes(kind)) return null;
    const lineEnd = bytes.indexOf('\r\n', start);
    if (lineEnd < 0) break;
    const line = bytes.toString('utf8', start + 1, lineEnd);
    start = lineEnd + 2;
    if (kind === '$' && line !== '-1') {
      const textEnd = start + Number(line);
      if (bytes.length < textEnd + 2) break;
      replies.push(bytes.toString('utf8', start, textEnd));
      start = textEnd + 2;
    } else replies.push(kind === '-' ? new Error(line) : line);
  }
  return replies;
}
