/** Who did what: the audit log of the server, the newest first, a page at a time. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { v1 } from '../../api/request.ts';
import { useResource } from '../../api/resource.ts';
import { Button } from '../../design/button.tsx';
import { downloadLines } from '../../design/download.ts';
import { Field } from '../../design/field.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../../design/states.tsx';
import { number, t } from '../../messages/index.ts';
import { actText } from '../../messages/words.ts';
import { query, setQuery } from '../../state/place.ts';
import { apps } from '../../state/session.ts';
import './audit.css';
import { type AuditFilter, type AuditPage, type Found, find } from './entries.ts';
import { Entry } from './entry.tsx';

const ACTS = [
  ...['session.end', 'subject.end', 'app.end', 'history.erase'],
  ...['webhook.resend', 'webhook.replay', 'webhook.test', 'webhook.enable'],
  ...[
    'console.login',
    'console.logout',
    'console.logout-everywhere',
    'policy.change',
    'keys.change',
    'server.start',
    'server.stop',
  ],
];

export default function Audit() {
  const asked = query.value;
  const filter: AuditFilter = { who: asked.get('who') ?? '', act: asked.get('act') ?? '', app: asked.get('of') ?? '' };
  const before = asked.get('before');
  const over = useRef(new Set<string>());
  const found = useResource(JSON.stringify([filter, before]), (signal) => {
    const page = (from: string | null) => v1<AuditPage>('/audit', { query: { before: from }, signal });
    return find(filter, before, page, over.current);
  });
  const { data, error } = found;
  const isFiltered = filter.who !== '' || filter.act !== '' || filter.app !== '';
  return (
    <>
      <div class="page-head">
        <h1>{t('view.audit')}</h1>
        <div class="actions">
          <Button icon="reload" onClick={() => (before === null ? void found.reload() : setQuery({ before: null }))}>
            {t('audit.newest')}
          </Button>
          <Button
            icon="download"
            why={data === null || data.entries.length === 0 ? t('audit.nothing') : null}
            onClick={() => data && downloadLines('audit', data.entries)}
          >
            {t('action.download')}
          </Button>
        </div>
      </div>
      {data?.on !== false && data?.readable !== false && <Filters filter={filter} />}
      <div class="card">
        {data === null ? (
          error === null ? (
            <SkeletonRows rows={12} />
          ) : (
            <ErrorState problem={error} onRetry={() => void found.reload()} />
          )
        ) : (
          <List found={data} isFiltered={isFiltered} />
        )}
      </div>
      {data !== null && <Pages found={data} isFirst={before === null} />}
    </>
  );
}

function List({ found, isFiltered }: { readonly found: Found; readonly isFiltered: boolean }) {
  if (!found.on) {
    return (
      <EmptyState icon="audit" title={t('audit.off')}>
        {t('audit.offText')}
        <code class="snippet">RS_AUDIT_LOG=/var/log/rest-sessions/audit.log</code>
      </EmptyState>
    );
  }
  if (!found.readable) {
    return (
      <EmptyState icon="audit" title={t('audit.elsewhere')}>
        {t('audit.elsewhereText')}
        <code class="snippet">RS_AUDIT_LOG=/var/log/rest-sessions/audit.log</code>
      </EmptyState>
    );
  }
  if (found.entries.length === 0) {
    return (
      <EmptyState icon="audit" title={isFiltered ? t('audit.noneMatch') : t('audit.none')}>
        {isFiltered ? t('audit.noneMatchText', number(found.looked)) : t('audit.noneText')}
      </EmptyState>
    );
  }
  return (
    <ul class="audit-list">
      {found.entries.map((entry, i) => (
        <Entry key={`${entry.time} ${entry.id ?? ''} ${i}`} entry={entry} />
      ))}
    </ul>
  );
}

function Pages({ found, isFirst }: { readonly found: Found; readonly isFirst: boolean }) {
  if (!found.on || (isFirst && found.next === null)) return null;
  return (
    <nav class="audit-pages" aria-label={t('audit.pages')}>
      <Button icon="back" why={isFirst ? t('audit.isNewest') : null} onClick={() => window.history.back()}>
        {t('audit.newer')}
      </Button>
      <Button
        icon="next"
        why={found.next === null ? t('audit.isOldest') : null}
        onClick={() => {
          setQuery({ before: found.next }, { replace: false });
          window.scrollTo(0, 0);
        }}
      >
        {t('audit.older')}
      </Button>
    </nav>
  );
}

/** How long somebody types before it is looked for. Units: milliseconds. */
const TYPING = 350;

function Filters({ filter }: { readonly filter: AuditFilter }) {
  const [who, setWho] = useState(filter.who);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const typed = (text: string) => {
    setWho(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setQuery({ who: text.trim(), before: null }), TYPING);
  };
  const names = [...new Set([...(apps.value ?? []), ...(filter.app === '' ? [] : [filter.app])])];
  return (
    <div class="audit-filters">
      <Field label={t('audit.who')}>
        {(control) => (
          <input
            {...control}
            value={who}
            autocomplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => typed(currentTarget.value)}
          />
        )}
      </Field>
      <Field label={t('audit.act')}>
        {(control) => (
          <select
            {...control}
            value={filter.act}
            onChange={({ currentTarget }) => setQuery({ act: currentTarget.value, before: null })}
          >
            <option value="">{t('audit.all')}</option>
            {ACTS.map((act) => (
              <option key={act} value={act}>
                {actText(act)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={t('audit.app')}>
        {(control) => (
          <select
            {...control}
            value={filter.app}
            onChange={({ currentTarget }) => setQuery({ of: currentTarget.value, before: null })}
          >
            <option value="">{t('audit.all')}</option>
            {names.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Field>
    </div>
  );
}
