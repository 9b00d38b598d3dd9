/** The login: with a key, or with a name and a password. What is typed leaves this file in the one request and is forgotten. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Problem } from '../../api/problem.ts';
import { request } from '../../api/request.ts';
import { useResource } from '../../api/resource.ts';
import type { Me } from '../../api/types.ts';
import { Button } from '../../design/button.tsx';
import { Field } from '../../design/field.tsx';
import { Notice } from '../../design/notice.tsx';
import { Segments } from '../../design/segments.tsx';
import { ErrorState, Skeleton } from '../../design/states.tsx';
import { problemText, t } from '../../messages/index.ts';
import { Brand } from '../../shell/brand.tsx';
import { go, path, to } from '../../state/place.ts';
import { me } from '../../state/session.ts';
import './login.css';

interface Ways {
  readonly ways: readonly ('key' | 'password' | 'open')[];
  readonly version: string;
}

/** Why one is here, told once. Absence: null. */
export interface LoginProps {
  readonly note: string | null;
}

export default function Login({ note }: LoginProps) {
  const ways = useResource('ways', (signal) => request<Ways>('/login', { signal }));
  const way = useSignal<'key' | 'password' | null>(null);
  const fault = useSignal<string | null>(null);
  const isBusy = useSignal(false);
  const form = useRef<HTMLFormElement>(null);
  const given = ways.data?.ways ?? [];
  const chosen = way.value ?? (given.includes('password') ? 'password' : 'key');
  const isOpen = given.includes('open');

  useEffect(() => {
    document.title = `${t('view.login')} · ${t('product.name')}`;
  });
  useEffect(() => {
    form.current?.querySelector<HTMLInputElement>('input:not([type=radio])')?.focus();
  }, [ways.data, chosen]);

  const submit = async () => {
    const fields = new FormData(form.current!);
    const credentials = isOpen
      ? {}
      : chosen === 'key'
        ? { key: fields.get('key') }
        : { name: fields.get('name'), password: fields.get('password') };
    isBusy.value = true;
    fault.value = null;
    try {
      const answer = await request<Me>('/login', { method: 'POST', body: credentials });
      form.current?.reset();
      me.value = answer;
      if (path.peek() === '/login') go(to('/'), { replace: true });
    } catch (error) {
      fault.value = error instanceof Problem ? faultText(error) : String(error);
      const secret = form.current?.querySelector<HTMLInputElement>('input[type=password]');
      secret?.focus();
      secret?.select();
    } finally {
      isBusy.value = false;
    }
  };

  return (
    <main class="login" id="main" tabIndex={-1}>
      <div class="login-card card">
        <Brand />
        <h1>{t('view.login')}</h1>
        {note !== null && <Notice>{note}</Notice>}
        {ways.data === null ? (
          ways.error === null ? (
            <LoginSkeleton />
          ) : (
            <ErrorState problem={ways.error} onRetry={() => void ways.reload()} />
          )
        ) : (
          <form
            ref={form}
            class="login-form"
            onSubmit={(event) => {
              event.preventDefault();
              if (!isBusy.value) void submit();
            }}
          >
            {given.length > 1 && (
              <Segments
                legend={t('login.way')}
                isLegendHidden
                value={chosen}
                options={[
                  ['password', t('login.wayPassword')],
                  ['key', t('login.wayKey')],
                ]}
                onChoose={(value) => {
                  way.value = value === 'key' ? 'key' : 'password';
                }}
              />
            )}
            {isOpen && <Notice tone="warn">{t('login.open')}</Notice>}
            {!isOpen && chosen === 'key' && (
              <Field label={t('login.key')} hint={t('login.keyHint')} fault={fault.value}>
                {(control) => (
                  <input
                    {...control}
                    class="input mono"
                    name="key"
                    type="password"
                    autocomplete="off"
                    required
                    spellcheck={false}
                  />
                )}
              </Field>
            )}
            {!isOpen && chosen === 'password' && (
              <>
                <Field label={t('login.name')}>
                  {(control) => (
                    <input
                      {...control}
                      name="name"
                      autocomplete="username"
                      autocapitalize="none"
                      required
                      spellcheck={false}
                    />
                  )}
                </Field>
                <Field label={t('login.password')} fault={fault.value}>
                  {(control) => (
                    <input {...control} name="password" type="password" autocomplete="current-password" required />
                  )}
                </Field>
              </>
            )}
            {isOpen && fault.value !== null && (
              <Notice tone="danger" isLive>
                {fault.value}
              </Notice>
            )}
            <Button type="submit" kind="primary" isBusy={isBusy.value}>
              {isOpen ? t('login.openGo') : t('login.submit')}
            </Button>
          </form>
        )}
        {ways.data !== null && <p class="login-foot faint">{t('login.version', ways.data.version)}</p>}
      </div>
    </main>
  );
}

function faultText(problem: Problem): string {
  if (problem.status === 401) return t('login.refused');
  if (problem.status === 429 && problem.retryAfter !== null) return t('login.refusedWait', problem.retryAfter);
  return problemText(problem);
}

function LoginSkeleton() {
  return (
    <div class="login-form" role="status">
      <span class="hidden-visually">{t('state.loading')}</span>
      <Skeleton width="30%" />
      <Skeleton height="2.125rem" />
      <Skeleton width="70%" />
      <Skeleton height="2.125rem" />
    </div>
  );
}
