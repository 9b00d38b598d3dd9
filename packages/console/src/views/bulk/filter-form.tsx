/** What a bulk end is to take. All but the list of subjects is in the address, so that it can be sent to a colleague. */
import { useSignal } from '@preact/signals';
import { Button } from '../../design/button.tsx';
import { Field } from '../../design/field.tsx';
import { number, t } from '../../messages/index.ts';
import { fromInput, toInput } from '../../messages/instant-input.ts';
import { query, setQuery } from '../../state/place.ts';
import { zone } from '../../state/settings.ts';
import { type BulkFilters, isEverybody, MOST_SUBJECTS, subjectsIn } from './filters.ts';
import type { Bulk } from './running.ts';

/** Names in the address: `ip`, `ua`, `label`, and instants in `seen`, `created`. */
const TEXTS = ['ip', 'ua', 'label'] as const;
const INSTANTS = ['seen', 'created'] as const;

export function FilterForm({ bulk }: { readonly bulk: Bulk }) {
  const pasted = useSignal('');
  const given = query.value;
  const subjects = subjectsIn(pasted.value);
  const isTooMany = subjects.length > MOST_SUBJECTS;
  const filters: BulkFilters = {
    subjects,
    ip: given.get('ip') ?? '',
    userAgent: given.get('ua') ?? '',
    label: given.get('label') ?? '',
    lastSeenBefore: given.get('seen') ?? '',
    createdBefore: given.get('created') ?? '',
  };
  const isAll = isEverybody(filters);
  const change = (changes: Record<string, string | null>) => {
    setQuery(changes);
    bulk.forget();
  };
  return (
    <form
      class="card bulk-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!bulk.isBusy && !isTooMany) void bulk.look(filters);
      }}
    >
      <fieldset disabled={bulk.isBusy}>
        <legend class="hidden-visually">{t('bulk.filters')}</legend>
        <div class="bulk-subjects">
          <Field
            label={t('bulk.subjects')}
            hint={
              subjects.length > 0
                ? t('bulk.subjectsCount', subjects.length, number(subjects.length))
                : t('bulk.subjectsHint')
            }
            fault={isTooMany ? t('bulk.tooMany', number(MOST_SUBJECTS)) : null}
          >
            {(control) => (
              <textarea
                {...control}
                rows={6}
                spellcheck={false}
                value={pasted.value}
                onInput={({ currentTarget }) => {
                  pasted.value = currentTarget.value;
                  bulk.forget();
                }}
              />
            )}
          </Field>
        </div>
        {TEXTS.map((name) => (
          <Field key={name} label={t(`bulk.${name}`)} hint={t(`bulk.${name}Hint`)}>
            {(control) => (
              <input
                {...control}
                autocomplete="off"
                spellcheck={false}
                value={given.get(name) ?? ''}
                onInput={({ currentTarget }) => change({ [name]: currentTarget.value })}
              />
            )}
          </Field>
        ))}
        {INSTANTS.map((name) => (
          <Field key={name} label={t(`bulk.${name}`)} hint={zone.value === 'utc' ? 'UTC' : t('bulk.inLocal')}>
            {(control) => (
              <input
                {...control}
                type="datetime-local"
                step="1"
                value={inputOf(given.get(name))}
                onChange={({ currentTarget }) => change({ [name]: fromInput(currentTarget.value, zone.value) })}
              />
            )}
          </Field>
        ))}
      </fieldset>
      <div class="bulk-go">
        <p class={isAll ? 'bulk-all' : 'soft'}>{isAll ? t('bulk.isAll', bulk.app) : t('bulk.isSome')}</p>
        <Button type="submit" kind="primary" icon="search" isBusy={bulk.isBusy}>
          {t('bulk.look')}
        </Button>
      </div>
    </form>
  );
}

/** An instant of the address may be any text. */
function inputOf(text: string | null): string {
  const at = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? '' : toInput(at, zone.value);
}
