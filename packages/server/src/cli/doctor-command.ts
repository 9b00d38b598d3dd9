/**
 * `rest-sessions doctor`: what is wrong with a store, on standard output; how far it has come, on standard error. Writes
 * nothing to the store without --repair.
 */
import { readWithFaults, showUrl } from '../config.ts';
import {
  type AppSummary,
  type AuditFinding,
  configurationFindings,
  examineOldSide,
  examineStore,
  examineSurroundings,
  notesOn,
} from '../doctor.ts';
import { UsageError, type Words } from './arguments.ts';
import { fail, print, standardError, whyOf } from './output.ts';
import { Progress } from './progress.ts';
import { configuredFor } from './store-option.ts';

/** Findings that are shown; the others are counted. */
const SHOWN = 1000;

/** Examines a store. Gives the exit code: 0 nothing is wrong now, 1 something is, or it cannot be examined. Errors: UsageError. */
export async function run(_verb: string, given: Words, environment: NodeJS.ProcessEnv): Promise<number> {
  const [repair, quick, json] = [given.has('repair'), given.has('quick'), given.has('json')];
  if (quick && repair) throw new UsageError('--quick looks at no session, so --repair means nothing beside it');
  let faults: readonly string[] = [];
  const config = configuredFor(environment, given.text('store'), (own) => {
    const found = readWithFaults(own);
    faults = found.faults;
    return found.config;
  });
  if (typeof config === 'number') return config;
  const findings = new Findings();
  const progress = new Progress(standardError, () => performance.now());
  const shown = showUrl(config.store);
  const head = { store: shown, repair, quick, notes: notesOn(config, faults, Date.now()) };
  const around = [
    ...configurationFindings(faults),
    ...examineSurroundings(config, Date.now()),
    ...(await examineOldSide(config)),
  ];
  for (const finding of around) findings.add({ ...finding, mended: null });
  try {
    const apps = await examineStore(config, {
      repair,
      quick,
      onFinding: (finding) => findings.add(finding),
      onProgress: (phase, done, total) => progress.show(phase, done, total),
    });
    progress.clear();
    const code = print(json ? asJson(head, findings, { apps, failure: null }) : asText(head, findings, apps));
    return findings.left > 0 ? 1 : code;
  } catch (error) {
    progress.clear();
    const failure = whyOf(error as Error);
    // What was found around it is worth knowing all the more.
    if (json) print(asJson(head, findings, { apps: null, failure }));
    else if (findings.count > 0) print(asText(head, findings, null));
    return fail(`${shown} cannot be examined: ${failure}`);
  }
}

/** What was found. Each finding is listed once, although the walk may meet an entry twice that moves meanwhile. */
class Findings {
  readonly shown = new Map<string, AuditFinding>();
  count = 0;
  left = 0;

  add(finding: AuditFinding): void {
    const name = `${finding.code} ${finding.where}`;
    if (this.shown.has(name)) return;
    this.count++;
    if (finding.mended === null) this.left++;
    if (this.shown.size < SHOWN) this.shown.set(name, finding);
  }
}

/** The first line of the answer. `notes`: what is no fault of the store, but should be known. */
interface Head {
  readonly store: string;
  readonly repair: boolean;
  readonly quick: boolean;
  readonly notes: readonly string[];
}

/** `apps`: null when the store could not be examined; `failure`: why not, else null. */
interface Examined {
  readonly apps: AppSummary[] | null;
  readonly failure: string | null;
}

function asJson(head: Head, { shown, count, left }: Findings, examined: Examined): string {
  return `${JSON.stringify({ ...head, count, left, findings: [...shown.values()], ...examined }, null, 2)}\n`;
}

/** `apps`: as above. */
function asText({ store, repair, quick, notes }: Head, { shown, count, left }: Findings, apps: AppSummary[] | null) {
  const deed = repair
    ? 'examined and mended'
    : `${quick ? 'looked at, without its sessions' : 'examined'}, nothing was changed`;
  const lines = [`${store}: ${apps === null ? 'could not be examined' : deed}`, ''];
  for (const { kind, code, where, message, mended } of shown.values()) {
    lines.push(`${kind} ${code} at ${where}`, `  ${message}${mended === null ? '' : ` → ${mended}`}`);
  }
  if (count > shown.size) lines.push(`… and ${count - shown.size} more`);
  if (count > 0) lines.push('');
  lines.push(...notes.map((note) => `note: ${note}\n`));
  for (const { app, sessions, largest, ended } of apps ?? []) {
    const partition = largest === null ? '' : `, at most ${largest} in one of its 256 partitions`;
    const behind = ended === 0 ? '' : `; ${ended} that have ended are still to be removed from the file`;
    lines.push(`app ${app}: ${sessions} sessions${partition}${behind}`);
  }
  lines.push(count === 0 ? 'Nothing is wrong.' : `${count} found, ${count - left} mended, ${left} left.`, '');
  return lines.join('\n');
}
