/** Which app: the same view of another one. Those without sessions are in no list: their names are typed. */
import { useRef } from 'preact/hooks';
import { Button } from '../design/button.tsx';
import { Field } from '../design/field.tsx';
import { t } from '../messages/index.ts';
import { app } from '../state/app.ts';
import { go, path, to } from '../state/place.ts';
import { apps } from '../state/session.ts';
import { navigationOf, viewAt } from '../views/index.ts';

export function AppSwitcher() {
  const known = apps.value ?? [];
  const chosen = app.value;
  const names = chosen === null || known.includes(chosen) ? known : [chosen, ...known];
  return (
    <label class="app-switcher">
      <span class="app-label">{t('app.label')}</span>
      <select
        class="input"
        value={chosen ?? ''}
        onChange={(event) => {
          const { value } = event.currentTarget;
          if (value === '') go(to('/open'));
          else open(value);
        }}
      >
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
        <option value="">{t('app.other')}</option>
      </select>
    </label>
  );
}

export function AppForm() {
  const input = useRef<HTMLInputElement>(null);
  return (
    <form
      class="app-form"
      onSubmit={(event) => {
        event.preventDefault();
        const name = input.current!.value.trim();
        if (name !== '') open(name);
      }}
    >
      <Field label={t('app.label')}>
        {(control) => <input {...control} ref={input} required autocapitalize="none" spellcheck={false} />}
      </Field>
      <Button type="submit" kind="primary">
        {t('app.open')}
      </Button>
    </form>
  );
}

/** Opens the view that is shown for another app; from one that shows somebody of this app, the first view of it. */
function open(name: string): void {
  const view = viewAt(path.peek())?.view;
  const same = view?.navigation?.of === 'app' ? view : navigationOf('app')[0];
  if (same) go(to(same.pattern, { app: name }));
}
