/** Whom Spring Security has logged in, as `Authentication.getName()` would say, by what stands in the security context. */
import { type JavaItem, JavaObject } from '../java/object-stream.ts';
import type { PyValue } from '../python/value.ts';

/** What a context says of its user. `unknown`: somebody is logged in, of a class whose name only its own code tells. */
export type Principal =
  | { readonly kind: 'user'; readonly name: string }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'unknown'; readonly type: string };

const NOBODY: Principal = { kind: 'nobody' };
/** Fields that hold the name, by the conventions of UserDetails, Principal and Saml2AuthenticatedPrincipal. */
const NAMES = ['username', 'name'];

/** Of a context that Java has serialized. */
export function principalOf(context: JavaItem): Principal {
  return named(viewOfObject(context));
}

/** Of a context that Jackson has written. */
export function principalOfJson(context: PyValue): Principal {
  return named(viewOfJson(context));
}

/** An object, whoever wrote it: its class, its fields, and its text where it is one. */
interface View {
  readonly type: string;
  readonly text: string | null;
  readonly at: (name: string) => View | null;
}

function named(context: View | null): Principal {
  const authentication = context?.at('authentication') ?? null;
  if (authentication === null) return NOBODY;
  // JwtAuthenticationToken has the name itself.
  const own = authentication.at('name')?.text ?? null;
  const principal = authentication.at('principal');
  const name = own ?? (principal === null ? null : nameOf(principal));
  if (name === '') return NOBODY;
  return name === null ? { kind: 'unknown', type: principal?.type ?? authentication.type } : { kind: 'user', name };
}

function nameOf(principal: View): string | null {
  if (principal.text !== null) return principal.text;
  // DefaultOAuth2User and DefaultOidcUser name the attribute that has it.
  const attribute = principal.at('nameAttributeKey')?.text ?? null;
  if (attribute !== null) return principal.at('attributes')?.at(attribute)?.text ?? null;
  for (const field of NAMES) {
    const name = principal.at(field)?.text ?? null;
    if (name !== null) return name;
  }
  return null;
}

function viewOfObject(item: JavaItem | undefined): View | null {
  if (item === undefined || item === null) return null;
  if (typeof item === 'string') return { type: 'java.lang.String', text: item, at: () => null };
  if (!(item instanceof JavaObject)) return { type: 'a class', text: null, at: () => null };
  const { fields, type, written } = item;
  const number = /^java\.lang\.(Integer|Long)$/.test(type.name) ? `${fields.get('value')}` : null;
  // Attributes are a map, perhaps one that cannot be changed (its field is m); a map has written its keys and values.
  const inner = fields.get('m');
  return {
    type: type.name,
    text: number,
    at: (name) => {
      if (inner instanceof JavaObject) return viewOfObject(inner)!.at(name);
      if (fields.has(name)) return viewOfObject(fields.get(name));
      const key = written.findIndex((entry, i) => i % 2 === 1 && entry === name);
      return key === -1 ? null : viewOfObject(written[key + 1]);
    },
  };
}

function viewOfJson(value: PyValue | undefined): View | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return { type: 'java.lang.String', text: value, at: () => null };
  if (typeof value === 'number') return { type: 'java.lang.Long', text: `${value}`, at: () => null };
  // What has its type before it.
  if (Array.isArray(value)) return value.length === 2 ? viewOfJson(value[1]) : null;
  if (!(value instanceof Map)) return null;
  return { type: `${value.get('@class') ?? 'an object'}`, text: null, at: (name) => viewOfJson(value.get(name)) };
}
