/**
 * Who can change the keys file: whoever can lets anyone in, so a file that a stranger can write is refused. Who can read it
 * learns names and hashes, no key: that is a warning at most, because secrets are mounted that way (Docker 0444, Kubernetes
 * with an fsGroup 0440). Windows has no such bits; there the folder's access list has to do it.
 */
import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { KeysError } from './entry.ts';

/** Judges the open file and the folders of the names that led to it. Gives warnings, half sentences. Errors: KeysError. */
export function judgeAccess({ mode, uid }: Stats, names: readonly string[]): string[] {
  if (process.platform === 'win32') return [];
  const shown = (mode & 0o777).toString(8).padStart(3, '0');
  if ((mode & 0o022) !== 0) {
    throw new KeysError(`others than its owner may write it (mode ${shown}), and so let anyone in; chmod go-w it`);
  }
  const self = process.geteuid?.() ?? 0;
  const isForeign = uid !== 0 && uid !== self;
  if (isForeign && self !== 0) {
    throw new KeysError(
      `it belongs to another account (uid ${uid}), which could let anyone in; chown it to this one (uid ${self}) or to root`,
    );
  }
  const warnings = [...new Set(names.map((name) => dirname(name)))].flatMap(judgeFolder);
  if (isForeign) warnings.push(`it belongs to another account (uid ${uid}), which could let anyone in`);
  if ((mode & 0o004) !== 0)
    warnings.push(`every account may read it (mode ${shown}): names and hashes of keys, no key`);
  return warnings;
}

/** Whoever may write the folder can put another file in the place of this one, unless the folder is sticky like /tmp. */
function judgeFolder(folder: string): string[] {
  const { mode } = statSync(folder);
  if ((mode & 0o022) === 0 || (mode & 0o1000) !== 0 || isReadOnly(folder)) return [];
  const shown = (mode & 0o777).toString(8);
  if ((mode & 0o002) === 0) return [`the group of ${folder} may put another file in its place (mode ${shown})`];
  throw new KeysError(`everybody may put another file in its place: ${folder} has mode ${shown}; chmod o-w it`);
}

/** Kubernetes gives the folder of a secret mode 777, on a file system that nobody can write. */
function isReadOnly(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EROFS';
  }
}
