/**
 * Random conversations with a server, all made of one number: reads that the fast lane takes, reads that are nearly such,
 * and what else a client sends on the same connection; mangled or not, cut into pieces or not. What is right, the test says.
 */
import type { Chance } from '../support/chance.ts';
import { bytes, HOST, JSON_TYPE } from '../support/raw-client.ts';

/** What a conversation is about: names that no other has. */
export interface Subject {
  readonly app: string;
  readonly key: string;
  /** Tokens that open a session, and some that do not. */
  readonly tokens: readonly string[];
}

export interface Conversation {
  readonly parts: readonly Buffer[];
  /** How many requests were written, before anything was mangled. */
  readonly requests: number;
}

const list = (text: string) => text.split('|');
/** After the last of these the server closes: so it is known when all is answered. */
const LAST = bytes(`GET /ping HTTP/1.1\r\n${HOST}\r\nConnection: close\r\n\r\n`);

/** That of the example in the standard: no id that is drawn is this one. */
export const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const PLAIN = list(
  `User-Agent: wrk|Accept: */*|Accept-Encoding: gzip, br|Cookie: a=b; c=d|X-Forwarded-For: 10.0.0.1|A:|X-Request-Id: r-1|traceparent: 00-${TRACE_ID}-00f067aa0ba902b7-01`,
);
const ODD = [
  ...list('Connection: keep-alive|Connection: close|Connection: Upgrade|Upgrade: h2c|Expect: 100-continue|Expect: x'),
  ...list(
    'Content-Length: 0|Transfer-Encoding: chunked|Transfer-Encoding: gzip|Host: other|Host:|HOST: localhost|host:x',
  ),
  ...list(
    'Keep-Alive: 5|Proxy-Connection: close|TE: trailers|Range: bytes=0-1|A : b|: b|A|A: b\rc|A: b\nB: c|A:\tb\t ',
  ),
  ...list(
    'Connection: close, x|Connection:|X-Request-Id: a b|x-request-id:|traceparent: 00-1-2-3|Sec-Fetch-Site: cross-site|Origin: http://evil.example|A: b\r\n c|\xe9: \xff',
  ),
  `A: ${'b'.repeat(5000)}`,
  `A: ${'b'.repeat(17_000)}`,
];
const V1_ODD = list(
  'If-None-Match: "1"|If-None-Match: W/"1", "7"|If-None-Match: *|If-None-Match: x|If-Match: "1"|If-Match: "2"|If-Match: *|Session-Token: x|Session-Token:|session-token: a, b|Idempotency-Key: k',
);
const HOSTS = list(
  'Host: localhost|host: localhost|Host:localhost|Host: 127.0.0.1:8080|Host: LOCALHOST|Host: localhost:1|Host: [::1]|Host: a..b|Host: rebind.example|Host: 1.2.3.4.5|Host: localhost:61000|Host:  localhost \t|Host: a_b|Host: a b|Host: a,b|Host: a:b',
);
const AUTHORIZATIONS = list(
  'Basic !|Basic eDp5|Bearer|Bearer  two|bearer x|Bearer nobody|Digest x|Bearer \xff|Bearer a b',
);
/** A server of the comparison has no room for a session. */
const CREATES = list(
  'create/u1?ip=10.0.0.1|create/u1?ip=1&ttl=60|create/u1|create/u1?ttl=60|create/u1?ip=|create/u1?ip=1&ttl=9|create/u1?ip=1&ttl=x|create/u1?ip=1&ip=2|create/..?ip=',
);
const V1_CREATES = list(
  '{}|{"subject":"u1"}|{"subject":"u1","data":{"n":1},"ip":"10.0.0.1"}|[1]|null|{"a"|{"subject":1}|{"subject":""}|{"subject":"u1","x":1}|{"idleTimeout":"x"}|{"data":[1]}',
);
const BODIES = list('{}|{"n":1}|{"n":"é"}|{"a":null}|{"a":{"b":[1,2]}}|[1]|null|{"a"|{"n":1}}| {"n":2} |"x"');
const CHANGES = list(
  '{"set":{"n":1}}|{"set":{"é":"é"},"unset":["a"]}|{"unset":["n"]}|{"set":{}}|{"set":1}|{"idleTimeout":60}|{"label":"x"}|{"x":1}|{"set":{"n":1}',
);
const JSON_TYPES = list(
  'Content-Type: application/json; charset=utf-8|content-type: APPLICATION/JSON|Content-Type: text/plain|Content-Type:|Content-Encoding: gzip|Content-Encoding: identity',
);
const QUERY = list(
  'touch=true|touch=false|touch=1|fields=subject,data|fields=data.a|fields=x|touch=true&touch=true|x=1|touch=%74rue|a=b c|',
);
const ODD_BYTES = [
  '\0',
  '\r',
  '\n',
  '\r\n',
  ' ',
  ':',
  '\t',
  '%',
  '\xff',
  '0',
  '/',
  '?',
  '\r\n\r\n',
  'GET ',
  ' HTTP/1.1',
];

function token(r: Chance, { tokens }: Subject): string {
  if (r.percent(94)) return r.pick(tokens);
  const one = r.pick(tokens);
  return r.pick([one.slice(1), `${one}0`, one.toLowerCase(), '%41'.repeat(64), '', 'a/b', 'x'.repeat(300)]);
}

function target(r: Chance, about: Subject, isV1: boolean): string {
  const { app } = about;
  if (isV1) {
    const query = r.percent(50) ? '' : `?${r.pick(QUERY)}`;
    if (r.percent(30)) return `/v1/apps/${app}/gateway${r.percent(90) ? '' : r.pick(['/', '/a', 'x'])}${query}`;
    return r.percent(95)
      ? `/v1/apps/${app}/session${r.percent(30) ? '/fields' : ''}${query}`
      : `/v1/apps/${r.pick(['_x', 'a', app + app])}/session${query}`;
  }
  const read = `/${app}/get/${token(r, about)}`;
  if (r.percent(85)) return read;
  return r.pick([
    `${read}?a=b`,
    `${read}/`,
    `http://localhost${read}`,
    `/${app}/GET/${token(r, about)}`,
    `/${app}/activity?dt=600`,
    `/_no/get/${token(r, about)}`,
    `/nobody/get/${token(r, about)}`,
    `/${app}/soid/nobody`,
    `${read}#x`,
    `//${read}`,
    '*',
    '/ping',
  ]);
}

/** Where a request of a method goes. */
function targetOf(
  r: Chance,
  about: Subject,
  { method, isV1, isTouch }: { method: string; isV1: boolean; isTouch: boolean },
): string {
  const v1 = `/v1/apps/${about.app}`;
  switch (method) {
    case 'POST':
      return isV1 ? `${v1}/${isTouch ? 'session/touch' : 'sessions'}` : `/${about.app}/set/${token(r, about)}`;
    case 'PUT':
      return `/${about.app}/${r.pick(CREATES)}`;
    case 'DELETE':
      return isV1 ? `${v1}/session` : `/${about.app}/kill/${token(r, about)}`;
    default:
      return target(r, about, isV1);
  }
}

/** One request, complete by its own account unless a header says otherwise. */
function request(r: Chance, whose: Subject): Buffer {
  const method = r.percent(84)
    ? 'GET'
    : r.pick(list('POST|POST|POST|POST|PUT|PUT|HEAD|DELETE|OPTIONS|PATCH|PATCH|PATCH|PATCH|get|GETS'));
  // A read that is sent together with the end of its session may meet it or not: what ends something ends nothing here.
  const about = method === 'DELETE' ? { ...whose, tokens: whose.tokens.slice(-1) } : whose;
  const isV1 = r.percent(method === 'PATCH' ? 95 : 40);
  // Which of the writes, where a method has several.
  const isTouch = method === 'POST' && isV1 && r.percent(50);
  const isCreate = method === 'POST' && isV1 && !isTouch;
  const headers = [r.percent(96) ? HOST : r.pick(HOSTS)];
  if (r.percent(90)) headers.push(`${r.pick(['Authorization', 'authorization'])}: Bearer ${about.key}`);
  else if (r.percent(80)) headers.push(`Authorization: ${r.pick(AUTHORIZATIONS)}`);
  if (isV1) headers.push(`${r.pick(['Session-Token', 'session-token'])}: ${token(r, about)}`);
  for (let i = r.below(4); i > 0; i--) headers.push(r.pick(PLAIN));
  if (isV1 && r.percent(25)) headers.push(r.pick(V1_ODD));
  if (r.percent(2)) headers.push(r.pick(ODD));
  if (r.percent(3)) headers.push(r.pick(headers));
  if (r.percent(20)) headers.sort(() => r.below(3) - 1);
  const hasBody = r.percent(method === 'GET' ? 3 : method === 'PUT' || method === 'DELETE' || isTouch ? 10 : 95);
  const bodies = method === 'PATCH' ? CHANGES : isCreate ? V1_CREATES : BODIES;
  const body = hasBody ? r.pick([...bodies, `{"n":${r.below(9)}}`, `{"long":"${'x'.repeat(r.below(12_000))}"}`]) : '';
  if (body !== '') {
    headers.push(
      r.percent(90) ? JSON_TYPE : r.pick(JSON_TYPES),
      `Content-Length: ${Buffer.byteLength(body, 'latin1')}`,
    );
  }
  const path = targetOf(r, about, { method, isV1, isTouch });
  const version = r.percent(99) ? 'HTTP/1.1' : r.pick(list('HTTP/1.0|HTTP/1.2|HTTP/2.0|http/1.1|HTTP/1.1 '));
  const space = r.percent(99.5) ? ' ' : r.pick(['  ', '\t']);
  return bytes(`${method}${space}${path} ${version}\r\n${headers.join('\r\n')}\r\n\r\n${body}`);
}

/** A few bytes that are other than they were. */
function mangled(r: Chance, sent: Buffer): Buffer {
  for (let i = r.below(3); i >= 0; i--) {
    const at = r.below(sent.length);
    const to = Math.min(sent.length, at + r.below(r.percent(85) ? 3 : 60));
    const odd = bytes(r.percent(60) ? r.pick(ODD_BYTES) : String.fromCharCode(r.below(256)));
    const cut = sent.subarray(at, to);
    sent = Buffer.concat([sent.subarray(0, at), ...r.pick([[odd], [odd, cut], [], [cut, cut]]), sent.subarray(to)]);
  }
  return sent;
}

/** Cuts bytes at random places: at none, at a few, or at every one. */
function pieces(r: Chance, sent: Buffer): Buffer[] {
  const kind = r.below(40);
  if (kind < 32) return [sent];
  if (kind === 32 && sent.length < 700) return Array.from(sent, (_, i) => sent.subarray(i, i + 1));
  const cuts = Array.from({ length: 1 + r.below(4) }, () => r.below(sent.length)).sort((a, b) => a - b);
  return [...cuts, sent.length]
    .map((cut, i) => sent.subarray(cuts[i - 1] ?? 0, cut))
    .filter(({ length }) => length > 0);
}

/**
 * A conversation: requests one by one, each in a packet or in several, or many in one packet. A part is sent when the one
 * before it has been answered, or at once.
 */
export function conversation(r: Chance, about: Subject): Conversation {
  const requests = 1 + r.below(r.percent(40) ? 8 : 60);
  const isMangled = r.percent(20);
  const sent = Array.from({ length: requests }, () => request(r, about));
  const groups: Buffer[] = [];
  for (let at = 0; at < sent.length; ) {
    const together = r.percent(80) ? 1 : 1 + r.below(6);
    groups.push(Buffer.concat(sent.slice(at, at + together)));
    at += together;
  }
  if (isMangled) {
    const at = r.below(groups.length);
    groups[at] = mangled(r, groups[at]!);
  }
  return { parts: [...groups.flatMap((group) => pieces(r, group)), LAST], requests: requests + 1 };
}
