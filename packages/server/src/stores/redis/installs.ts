/**
 * A session put in as it was elsewhere. Where its token is of our own form, that is one script, which many share. Where only an alias
 * leads to it, it is the same on one server as long as nothing stands in the way of either. Else, and in a Cluster, where the two
 * are in different slots, it is like a create the claim of its alias, the script, and the alias settled. What fails in between leaves an alias that opens nothing, as there; a session
 * that was written and whose alias was not settled has a claim that leads to it, and the same install again settles it.
 *
 * A quota refuses nothing here, so no lease is taken. Whoever counts is told after the session is written, and before this
 * is answered: a create that was let in meanwhile came first. Those of many installs are told together.
 */
import type { Credential, Session } from '../../core/session.ts';
import type { Installed, Replace, StoredSession } from '../../core/stored-session.ts';
import { type AliasOf, leadTo, ttlOf } from './aliases.ts';
import { parts } from './answers.ts';
import { InstallBatches } from './install-batches.ts';
import type { Quotas } from './quotas.ts';
import { packData, packRecord } from './record.ts';
import type { Ground, Steps } from './steps.ts';
import type { About } from './telling.ts';

/** How a session has ended for which another one stands now. */
const REPLACED: About = { reason: 'replaced' };

/** How often others may take the alias in between, before the install gives up with it. */
const MOST_TRIES = 5;

/** How the script went. `more`: the app has one session more than before. */
interface Written {
  readonly outcome: Installed;
  readonly more: boolean;
}

export class Installs {
  private readonly ground: Ground;
  private readonly steps: Steps;
  private readonly quotas: Quotas;
  private readonly batches: InstallBatches;

  constructor(ground: Ground, steps: Steps, quotas: Quotas) {
    this.ground = ground;
    this.steps = steps;
    this.quotas = quotas;
    this.batches = new InstallBatches(ground.calls, ground.keys, ground.telling);
  }

  /** As SessionStore.install. */
  async install({ session, credential }: StoredSession, replace: Replace, now: number): Promise<Installed> {
    await this.ground.fanOut.enter(session.app);
    const { outcome, more } = credential.alias
      ? await this.withAlias(session, credential, replace, now)
      : (await this.write(session, credential, replace, now))!;
    if (outcome !== 'installed') return outcome;
    for (const { hash, alias } of credential.previous) if (alias) await this.lead(session, hash, now);
    if (more) await this.quotas.note(session.app);
    return outcome;
  }

  private async withAlias(session: Session, credential: Credential, replace: Replace, now: number): Promise<Written> {
    const { claims, calls } = this.ground;
    if (calls.anySlot) {
      const written = await this.write(session, credential, replace, now, this.aliasOf(session, credential.hash, now));
      if (written !== null) return written;
    }
    for (let tries = 0; ; tries++) {
      const alias = this.aliasOf(session, credential.hash, now);
      const claim = await claims.claim(alias);
      if (claim === 'taken') {
        if (replace !== true || tries === MOST_TRIES) return { outcome: 'present', more: false };
        await this.endOwner(session, credential.hash, now);
        continue;
      }
      const written = (await this.write(session, credential, replace, now))!;
      if (written.outcome !== 'installed') {
        if (claim === 'new') await claims.withdraw(alias);
        return written;
      }
      if (claim === 'own') await claims.keep(alias);
      else if (!(await claims.settled(alias))) {
        await this.steps.end(session.app, { id: session.id, about: REPLACED }, now);
        if (replace !== true || tries === MOST_TRIES) return { outcome: 'present', more: false };
        continue;
      }
      return written;
    }
  }

  /** Writes it. `of`: with that alias. Absence: null when the alias, or something at the id, is in the way: nothing was done. */
  private async write(
    session: Session,
    credential: Credential,
    replace: Replace,
    now: number,
    of: AliasOf | null = null,
  ): Promise<Written | null> {
    const { aliases, fanOut, keys } = this.ground;
    const { app, data } = session;
    const record = packRecord(session, credential);
    const alias = of && { key: keys.alias(app, of.hash), to: leadTo(session), ttl: ttlOf(of) };
    const answer = await this.batches.add({
      session,
      record,
      data: packData(data),
      replace: packReplace(replace),
      now,
      alias,
    });
    const [kind] = parts(answer, 'text');
    if (kind === 'held') return null;
    if (kind !== 'installed') return { outcome: kind === 'expired' ? 'expired' : 'present', more: false };
    const [, ended, isFirst, more] = parts(answer, 'text', 'pairs', 'number', 'number');
    if (isFirst === 1) await fanOut.enterAgain(app);
    if (ended.length > 0) {
      const stays = new Set([credential, ...credential.previous].filter(({ alias }) => alias).map(({ hash }) => hash));
      await aliases.release(
        app,
        ended.filter(([hash]) => !stays.has(hash)),
      );
    }
    return { outcome: 'installed', more: more === 1 };
  }

  /** Ends the session of another id that has the alias as its present token; takes it from one that had it before. */
  private async endOwner({ app, id }: Session, hash: string, now: number): Promise<void> {
    const { aliases } = this.ground;
    await aliases.follow(app, { id: null, hash }, async (lead) => {
      if (lead.id === id) return true;
      const { ended } = await this.steps.end(app, { id: lead.id, hash, present: true, about: REPLACED }, now);
      // It is one that was replaced there.
      if (ended === 0) await aliases.release(app, [[hash, lead.id]]);
      return true;
    });
  }

  /** Lets a token that was replaced lead to the session, unless it leads to another one that lives. */
  private async lead(session: Session, hash: string, now: number): Promise<void> {
    const { claims } = this.ground;
    const alias = this.aliasOf(session, hash, now);
    const claim = await claims.claim(alias);
    if (claim === 'new') await claims.settled(alias);
    else if (claim === 'own') await claims.keep(alias);
  }

  private aliasOf(session: Session, hash: string, now: number): AliasOf {
    return { session, hash, now: this.ground.calls.instantAt(now) };
  }
}

/** As lua/install.lua has it. */
function packReplace(replace: Replace): Buffer | string {
  if (typeof replace === 'boolean') return `${Number(replace)}`;
  return packRecord(replace.session, { ...replace.credential, previous: [] });
}
