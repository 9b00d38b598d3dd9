/** One act of the audit log: who, what, to whom, and what came of it. */
import { Badge, type Tone } from '../../design/badge.tsx';
import { number, t, textOf } from '../../messages/index.ts';
import { exactTime } from '../../messages/times.ts';
import { actText } from '../../messages/words.ts';
import { to } from '../../state/place.ts';
import { language, zone } from '../../state/settings.ts';
import { type AuditEntry, restOf } from './entries.ts';

const TONES: Readonly<Record<string, Tone>> = { done: 'good', failed: 'danger', refused: 'warn', begun: 'plain' };

/** The app of the console's own sessions. */
const CONSOLE = '_console';

/** A digest is told from another one by its beginning; the whole of it is on hover. */
function shortened(text: string): string {
  return text.replace(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1…');
}

export function Entry({ entry }: { readonly entry: AuditEntry }) {
  const { time, act, outcome, key, address, app, ended, code, reason, via } = entry;
  const rest = restOf(entry);
  const isOfServer = act.startsWith('server.') || key === undefined;
  return (
    <li class="audit-entry">
      <time class="audit-time" dateTime={time} title={time}>
        {exactTime(time, language.value, zone.value)}
      </time>
      <div class="audit-who any-text">
        {isOfServer ? <span class="faint">{t('audit.server')}</span> : <strong>{key ?? t('audit.nobody')}</strong>}
        {address && <span class="faint mono">{address}</span>}
        {via === 'console' && <span class="faint">{t('audit.inConsole')}</span>}
      </div>
      <div class="audit-what">
        <p>
          <span class="audit-act">{actText(act)}</span>{' '}
          {app !== undefined && app !== CONSOLE && <span class="soft">{app}</span>}
        </p>
        <Target entry={entry} />
        {reason !== undefined && <p class="soft any-text">{t('audit.reason', reason)}</p>}
        {rest.length > 0 && (
          <p class="faint any-text audit-rest" title={rest.join('\n')}>
            {rest.map(shortened).join(' · ')}
          </p>
        )}
      </div>
      <div class="audit-outcome">
        <Badge tone={TONES[outcome] ?? 'plain'}>{textOf(`audit.outcome.${outcome}`) ?? outcome}</Badge>
        {code !== undefined && <code class="faint">{code}</code>}
        {ended !== undefined && ended > 0 && <span class="soft">{t('audit.ended', ended, number(ended))}</span>}
      </div>
    </li>
  );
}

function Target({ entry: { app = '', session, subject, except, webhook } }: { readonly entry: AuditEntry }) {
  if (session === undefined && subject === undefined && webhook === undefined) return null;
  return (
    <p class="any-text">
      {subject !== undefined && <a href={to('/apps/:app/subjects/:subject', { app, subject })}>{subject}</a>}
      {session !== undefined && (
        <a class="mono" href={to('/apps/:app/sessions/:id', { app, id: session })}>
          {session}
        </a>
      )}
      {except !== undefined && <span class="soft"> {t('audit.except', except)}</span>}
      {webhook !== undefined && <a href={to('/apps/:app/webhooks', { app })}>{webhook}</a>}
    </p>
  );
}
