/** A value of a policy as a reader says it, with the exact one beside it where that is another. */
import { lengthOf, number, t, textOf } from '../../messages/index.ts';
import { binaryOf, unitOf } from './units.ts';

export function Value({ name, value }: { readonly name: string; readonly value: unknown }) {
  if (value === null || value === undefined) return <span class="faint">{t('policy.none')}</span>;
  if (typeof value === 'boolean') return <span>{value ? t('policy.on') : t('policy.off')}</span>;
  if (typeof value === 'number') return <NumberValue name={name} value={value} />;
  if (typeof value === 'string') return <span class="any-text">{textOf(`policy.word.${value}`) ?? value}</span>;
  if (Array.isArray(value)) return <ListValue values={value} />;
  return <span class="any-text">{membersOf(value as object)}</span>;
}

/** The longest that the server takes: as good as no limit. Units: seconds. */
const LONGEST = 2_147_483_647;

function NumberValue({ name, value }: { readonly name: string; readonly value: number }) {
  switch (unitOf(name)) {
    case 'seconds': {
      if (value === LONGEST) return <span title={`${number(value)} s`}>{t('policy.unlimited')}</span>;
      // A length of time has two units at most: what is shorter than one second is a fraction.
      const said = value < 60 ? `${number(value)} s` : lengthOf(value);
      const exact = `${number(value)} s`;
      return (
        <span class="nowrap">
          {said}
          {said !== exact && <span class="faint policy-exact">{exact}</span>}
        </span>
      );
    }
    case 'bytes': {
      const { count, unit } = binaryOf(value);
      return (
        <span class="nowrap">
          {number(count)} {unit}
          {unit !== 'B' && <span class="faint policy-exact">{number(value)} B</span>}
        </span>
      );
    }
    case 'sessions':
      return <span class="nowrap">{t('policy.sessions', value, number(value))}</span>;
    case 'characters':
      return <span class="nowrap">{t('policy.characters', number(value))}</span>;
    default:
      return <span>{number(value)}</span>;
  }
}

function ListValue({ values }: { readonly values: readonly unknown[] }) {
  if (values.length === 0) return <span class="faint">{t('policy.none')}</span>;
  return (
    <ul class="policy-list">
      {values.map((value, i) => (
        <li key={i} class="any-text">
          {typeof value === 'object' && value !== null ? membersOf(value) : String(value)}
        </li>
      ))}
    </ul>
  );
}

/** Gives the members of an object on one line; what is not set is left out. */
function membersOf(value: object): string {
  const { days, name, host, ...rest } = value as Record<string, unknown>;
  const parts: string[] = [];
  if (typeof name === 'string') parts.push(name);
  if (typeof host === 'string') parts.push(`→ ${host}`);
  if (typeof days === 'number') parts.push(t('policy.days', days, number(days)));
  for (const [key, member] of Object.entries(rest)) {
    if (member === null || member === false) continue;
    parts.push(
      member === true ? key : `${key} ${typeof member === 'object' ? JSON.stringify(member) : String(member)}`,
    );
  }
  return parts.join(' · ');
}
