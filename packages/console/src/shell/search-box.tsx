/**
 * The search: a subject, a session id, or a pasted token. What is in it goes to the server in the body of one request and is
 * taken out of the input before the answer comes. Only what the server found, never what was typed, comes into the address: it
 * may have been a token.
 */
import { useRef } from 'preact/hooks';
import { Icon } from '../design/icon.tsx';
import { t } from '../messages/index.ts';
import { app } from '../state/app.ts';
import { go, to } from '../state/place.ts';
import { may } from '../state/session.ts';
import { hasKeys } from '../state/settings.ts';
import { search } from './searching.ts';

export function SearchBox() {
  const input = useRef<HTMLInputElement>(null);
  const name = app.value;
  if (!may('read')) return <span class="search-box" />;
  const submit = () => {
    const text = input.current!.value.trim();
    if (text === '') return;
    if (name === null) {
      go(to('/open'));
      return;
    }
    input.current!.value = '';
    void search(name, text);
  };
  return (
    <search class="search-box">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Icon name="search" />
        <input
          id="search"
          class="input"
          ref={input}
          type="search"
          aria-label={t('search.label')}
          aria-keyshortcuts={hasKeys.value ? '/' : undefined}
          placeholder={t('search.placeholder')}
          autocomplete="off"
          autocapitalize="none"
          autocorrect="off"
          spellcheck={false}
          maxLength={1024}
          onKeyDown={(event) => {
            if (event.key === 'Escape') event.currentTarget.blur();
          }}
        />
        {hasKeys.value && <kbd>/</kbd>}
      </form>
    </search>
  );
}
