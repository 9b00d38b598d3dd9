/** The audit log of the configuration: into a file, or into standard error between the lines of the log. */
import { fdatasync, fstatSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { ConfigError } from '../config.ts';
import { deliver, type Log } from '../log/log.ts';
import { AuditFile } from './audit-file.ts';
import { AuditLog, type AuditSink } from './audit-log.ts';

const STDERR = 2;

/** `where`: `stderr`, or a path. Errors: ConfigError where the file cannot be opened. */
export async function openAudit(where: string, log: Log, clock: () => number): Promise<AuditLog> {
  const facts = { auditLog: where };
  const sink = where === 'stderr' ? standardError() : await file(where);
  return new AuditLog({
    sink,
    clock,
    onTrouble: (why) =>
      log.error(
        { ...facts, why },
        'the audit log cannot be written: until it can, ends of sessions of others are answered 503, and changed files of policy and keys wait',
      ),
    onOver: () => log.info(facts, 'the audit log is written again'),
  });
}

async function file(path: string): Promise<AuditSink> {
  const file = new AuditFile(path);
  try {
    await file.check();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = (code && REASONS[code]) ?? message;
    throw new ConfigError(
      `RS_AUDIT_LOG=${JSON.stringify(path)} cannot be used: ${why}; it must be stderr, or a file in a folder that is there`,
    );
  }
  return {
    append: (line) => file.append(line),
    appendNow: (line) => file.appendNow(line),
    reopen: () => file.reopen(),
    close: () => file.close(),
  };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder is not there',
  ENOTDIR: 'what should be its folder is none',
  EISDIR: 'it is a folder',
  EACCES: 'this account may not write it',
  EROFS: 'its file system is read-only',
};

/** Where standard error is a file, lines are made durable there, too. */
function standardError(): AuditSink {
  const isFile = fstatSync(STDERR).isFile();
  return {
    append: async (line) => {
      await deliver(line);
      if (isFile) await promisify(fdatasync)(STDERR);
    },
    appendNow: (line) => void writeSync(STDERR, line),
    reopen: async () => {},
    close: async () => {},
  };
}
