/** Which events are let through: by type and by subject. Both are in the address. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../../messages/index.ts';
import { eventText } from '../../messages/words.ts';
import { setQuery } from '../../state/place.ts';
import type { FeedFilter } from './feed.ts';

export const EVENT_TYPES = [
  'session.created',
  'session.ended',
  'session.rotated',
  'session.updated',
  'session.suspect',
] as const;

/** How long a subject is typed before it is asked for. Units: milliseconds. */
const TYPING = 350;

export function filterOf(query: URLSearchParams): FeedFilter {
  const given = (query.get('types') ?? '').split(',');
  return { types: new Set(EVENT_TYPES.filter((type) => given.includes(type))), subject: query.get('subject') ?? '' };
}

export function Filters({ filter }: { readonly filter: FeedFilter }) {
  const [typed, setTyped] = useState(filter.subject);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const toggle = (type: string) => {
    const types = new Set(filter.types);
    if (!types.delete(type)) types.add(type);
    setQuery({ types: types.size === EVENT_TYPES.length ? null : [...types].join(',') });
  };
  const type = (text: string) => {
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setQuery({ subject: text.trim() }), TYPING);
  };
  return (
    <div class="live-filters">
      <fieldset>
        <legend class="hidden-visually">{t('events.types')}</legend>
        {EVENT_TYPES.map((name) => (
          <button
            key={name}
            type="button"
            class={`chip ${name.slice('session.'.length)}`}
            aria-pressed={filter.types.has(name) ? 'true' : 'false'}
            onClick={() => toggle(name)}
          >
            {eventText(name)}
          </button>
        ))}
      </fieldset>
      <input
        class="input"
        type="text"
        value={typed}
        aria-label={t('events.subject')}
        placeholder={t('events.subject')}
        autocomplete="off"
        spellcheck={false}
        maxLength={1024}
        onInput={({ currentTarget }) => type(currentTarget.value)}
      />
    </div>
  );
}
