/**
 * The kinds of sources that `rest-sessions import --from KIND:…` reads: the one table of them, from which come the words of the command
 * and its help. A kind loads its reader when it is opened, and no sooner. In the order of --help.
 */
import type { SourceKind } from './source.ts';
import { predecessor } from './sources/predecessor/kind.ts';

export const KINDS: Readonly<Record<string, SourceKind>> = { predecessor };
