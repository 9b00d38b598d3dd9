/** What else a file may be that is taken for an export: known by its first bytes, so that the person hears what it is. */

const KNOWN: readonly (readonly [first: string | readonly number[], fault: string])[] = [
  [[0x1f, 0x8b], 'is compressed (gzip): pipe it through gunzip -c, and read it with ndjson:-'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'is compressed (zstd): pipe it through zstd -dc, and read it with ndjson:-'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'is compressed (xz): pipe it through xz -dc, and read it with ndjson:-'],
  [[0x50, 0x4b, 0x03, 0x04], 'is a ZIP archive: unpack it first'],
  [[0xef, 0xbb, 0xbf], 'begins with a byte order mark: an editor or another program has changed it after the export'],
  [[0xff, 0xfe], 'is in UTF-16: another program, or a shell, has changed it after the export'],
  ['age-encryption.org/', 'is encrypted (age): pipe it through age -d, and read it with ndjson:-'],
  ['-----BEGIN AGE ENCRYPTED FILE', 'is encrypted (age): pipe it through age -d, and read it with ndjson:-'],
  ['-----BEGIN PGP MESSAGE', 'is encrypted (PGP): pipe it through gpg -d, and read it with ndjson:-'],
];

/** Gives what is wrong with a file that begins like this, as what follows its name. Absence: null when nothing is known to be. */
export function headFault(head: Buffer): string | null {
  if (head.length === 0) return 'is empty';
  for (const [first, fault] of KNOWN) {
    const bytes = typeof first === 'string' ? Buffer.from(first) : Buffer.from(first);
    if (head.subarray(0, bytes.length).equals(bytes)) return fault;
  }
  const end = head.indexOf(0x0a);
  if (end > 0 && head[end - 1] === 0x0d && head[0] === 0x7b)
    return 'has lines that end with CR LF: an editor or another program has changed it after the export';
  return null;
}
