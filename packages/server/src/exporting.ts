/** The composition root of `rest-sessions export`: configuration → its store, read and written in the interchange format. Needs no server, and disturbs none. */
import { packageVersion } from './assets.ts';
import type { Config } from './config.ts';
import { fingerprint } from './core/token.ts';
import { isReservedApp } from './core/validate.ts';
import { FileInTheWay } from './files/taking-a-name.ts';
import { checkAppOption, NoSuchApp } from './moving/app-option.ts';
import { ExportFile, Unwritable } from './moving/export-file.ts';
import { exportAll, type Sink } from './moving/exporter.ts';
import { FORMAT_NAME, FORMAT_VERSION } from './moving/ndjson.ts';
import { UsageFault } from './moving/source.ts';
import type { OnSteps } from './moving/steps.ts';
import { dataFolderOf } from './stores/data-folder.ts';
import { isFileOf, placeOf } from './stores/open-place.ts';
import { openForReading } from './stores/open-reading.ts';
import { statisticsOf } from './stores/open-statistics.ts';

export { FileInTheWay, NoSuchApp, type Sink, Unwritable, UsageFault };

/** How long a store is waited for: a page is more than a request asks for. Units: milliseconds. */
const PATIENCE = 10_000;

export interface ExportRequest {
  /** Absence: null for all apps. */
  readonly app: string | null;
  /** A path. Absence: null for `sink`. */
  readonly file: string | null;
  readonly sink: Sink | null;
  readonly replace: boolean;
  /** Goes on with a file that an earlier run could not finish. */
  readonly goesOn: boolean;
}

export interface ExportReport {
  readonly sessions: number;
  /** Whether it came to its end. */
  readonly complete: boolean;
  /** Sessions that an earlier run had written. */
  readonly before: number;
}

/**
 * Exports the store of a configuration. Errors: UsageFault, NoSuchApp, FileInTheWay before anything is written; others for a store that is not there or cannot be
 * read, and for what cannot be written; what is written of a file then stays for a run that goes on.
 */
export async function exportFrom(
  config: Config,
  request: ExportRequest,
  clock: () => number,
  signal: AbortSignal,
  onSteps: OnSteps,
): Promise<ExportReport> {
  const { store: url, namespace, storeTimeout: timeout, redis } = config;
  if (request.app !== null) checkAppOption(request.app);
  // The same words name another store in another folder. A Redis that starts anew is the same, and says that it is another one.
  const place = dataFolderOf(url) === null ? url : await placeOf(url, { namespace, timeout, redis });
  const of = JSON.stringify([place, namespace, request.app]);
  if (request.file !== null && isFileOf(url, request.file)) {
    throw new FileInTheWay(`${request.file} is a file of the store that is to be exported: name another file`);
  }
  const file =
    request.file === null
      ? null
      : new ExportFile(request.file, { replace: request.replace, of: fingerprint(of), clock });
  // It makes no store where there is none.
  const opened = await openForReading(url, { namespace, clock, timeout: Math.max(timeout, PATIENCE), redis });
  try {
    const total = await totalOf(config, request.app);
    const { store } = opened;
    const there = (await store.apps()).filter((app) => !isReservedApp(app)).sort();
    if (request.app !== null && !there.includes(request.app)) throw new NoSuchApp(request.app, opened.location);
    const apps = request.app === null ? there : [request.app];
    const from = (request.goesOn && file?.resume()) || null;
    if (from === null) file?.begin();
    const exportedAt = file?.exportedAt ?? new Date(clock()).toISOString();
    const before = from?.place.sessions ?? 0;
    onSteps(before, total);
    const { sessions, isWhole } = await exportAll({
      store,
      apps,
      header: { format: FORMAT_NAME, version: FORMAT_VERSION, exportedAt, server: packageVersion(), app: request.app },
      sink: file ?? request.sink!,
      clock,
      from,
      onPage: async (place) => {
        await file?.reached(place);
        onSteps(place.sessions, total && Math.max(total, place.sessions));
      },
      signal,
    });
    if (isWhole) file?.finish();
    else file?.keep();
    return { sessions, complete: isWhole, before };
  } finally {
    file?.close();
    await opened.store.close();
  }
}

/** Gives how many sessions there are, for the bar. Absence: null where that cannot be asked: an account of Redis need not be allowed to. */
async function totalOf(
  { store, namespace, storeTimeout: timeout, redis }: Config,
  app: string | null,
): Promise<number | null> {
  try {
    const { apps } = await statisticsOf(store, { namespace, timeout, redis });
    return apps.filter((one) => app === null || one.app === app).reduce((sum, { sessions }) => sum + sessions, 0);
  } catch {
    return null;
  }
}
