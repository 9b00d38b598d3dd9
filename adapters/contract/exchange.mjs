// The HTTP behind the words of a vector: what each kind of request must look like, and what the server answers to it.

/** Gives what is wrong with a request for an expectation. Absence: null when it is what was expected. `play`: its tokens and keys. */
export function mismatch(expected, request, play) {
  const rule = KINDS[expected.is];
  if (rule === undefined) throw new Error(`a vector expects ${expected.is}, which is no kind of request`);
  return rule(expected, request, play);
}

/** Gives the answer that a vector wants, with what it leaves out. */
export function answerTo(expected, request, play) {
  const { answer = {} } = expected;
  if (answer.cut || answer.silent) return answer;
  if (answer.drips) return { ...ofSession(200, play), drips: true };
  if (answer.html !== undefined)
    return { status: answer.status, headers: { 'Content-Type': 'text/html' }, text: answer.html };
  if (answer.code !== undefined) return problem(answer);
  if (answer.json !== undefined) return json(answer.status, answer.json, answer.headers);
  return USUAL[expected.is](request, play);
}

const KINDS = {
  read: ({ token, touch = true }, request, play) =>
    line(request, 'GET', '/session') ??
    tokenOf(request, token, play) ??
    (touch === 'either' || (request.query.touch === 'true') === touch
      ? null
      : `touch must be ${touch}, and the query is ${JSON.stringify(request.query)}`) ??
    unknown(request.query, ['touch', 'fields']),

  // A framework that makes its own tokens puts the session under one; the others let the server make it.
  create: ({ by, data }, request, play) => {
    if (request.method === 'PUT' && by !== 'server') {
      const wrong = line(request, 'PUT', '/session');
      if (wrong !== null) return wrong;
      if (request.headers['if-none-match'] !== '*') return 'a create must carry If-None-Match: *';
      const chosen = request.headers['session-token'] ?? '';
      if (chosen === play.token) return 'a new session must have a token of its own';
      if (!TOKEN.test(chosen)) return `Session-Token must be 22 to 256 of [A-Za-z0-9._~:,-], and has ${chosen.length}`;
    } else {
      if (by === 'framework') return 'PUT /session was expected';
      const wrong = line(request, 'POST', '/sessions') ?? sameKey(request, play);
      if (wrong !== null) return wrong;
    }
    return membersEqual('data', data, request.body?.data);
  },

  write: ({ token, set = {}, unset = [], never = [] }, request, play) => {
    const wrong = line(request, 'PATCH', '/session') ?? tokenOf(request, token, play);
    if (wrong !== null) return wrong;
    if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
      return 'Content-Type must be application/json';
    const sent = [...Object.keys(request.body?.set ?? {}), ...(request.body?.unset ?? [])];
    const forbidden = never.find((key) => sent.includes(key));
    if (forbidden !== undefined) return `${forbidden} must not be sent`;
    return (
      membersEqual('set', set, request.body?.set) ?? membersEqual('unset', members(unset), members(request.body?.unset))
    );
  },

  rotate: ({ subject }, request, play) =>
    line(request, 'POST', '/session/rotate') ??
    tokenOf(request, undefined, play) ??
    sameKey(request, play) ??
    (subject === undefined || request.body?.subject === subject ? null : `subject must be ${subject}`),

  end: ({ token }, request, play) => line(request, 'DELETE', '/session') ?? tokenOf(request, token, play),
};

const USUAL = {
  read: (_request, play) => ofSession(200, play),
  create: (request, play) => {
    const { subject = null, data = {}, idleTimeout = 7200 } = request.body ?? {};
    Object.assign(play, { session: { ...play.session, subject, data, idleTimeout, version: 1 } });
    if (request.method === 'PUT') {
      play.next = request.headers['session-token'];
      return ofSession(201, play);
    }
    return json(201, { token: play.next, session: sessionOf(play) }, { ETag: '"1"' });
  },
  write: (request, play) => {
    const { set = {}, unset = [], subject } = request.body ?? {};
    const data = { ...play.session?.data, ...set };
    for (const key of unset) delete data[key];
    play.session = {
      ...play.session,
      ...(subject !== undefined && { subject }),
      data,
      version: (play.session?.version ?? 1) + 1,
    };
    return ofSession(200, play);
  },
  rotate: (request, play) => {
    const { token, subject, data = {} } = request.body ?? {};
    if (token !== undefined) play.next = token;
    play.session = {
      ...play.session,
      ...(subject !== undefined && { subject }),
      data: { ...play.session?.data, ...data },
      version: (play.session?.version ?? 1) + 1,
    };
    return json(200, { token: play.next, session: sessionOf(play) }, { ETag: `"${play.session.version}"` });
  },
  end: () => json(200, { revoked: 1 }),
};

const TOKEN = /^[A-Za-z0-9._~:,-]{22,256}$/;

function line({ method, path }, wantedMethod, wantedPath) {
  return method === wantedMethod && path === wantedPath ? null : `${wantedMethod} ${wantedPath} was expected`;
}

function tokenOf({ headers }, name, play) {
  const wanted = name === '$new' ? play.next : play.token;
  return headers['session-token'] === wanted ? null : `Session-Token must be ${name ?? '$token'}`;
}

/** The key of a create or a rotate must be there, and stay the same when the request is sent again. */
function sameKey({ headers }, play) {
  const key = headers['idempotency-key'];
  if (key === undefined || key === '') return 'Idempotency-Key must be there';
  if (play.key !== undefined && play.key !== key) return 'the request is sent again, and has another Idempotency-Key';
  return null;
}

function unknown(query, known) {
  const other = Object.keys(query).find((name) => !known.includes(name));
  return other === undefined ? null : `the query has ${other}`;
}

/** Names that begin with `_` are a framework's own, and not compared. */
function membersEqual(what, wanted = {}, sent = {}) {
  const own = Object.fromEntries(Object.entries(sent).filter(([key]) => !key.startsWith('_')));
  return sorted(own) === sorted(wanted)
    ? null
    : `${what} must be ${JSON.stringify(wanted)}, and is ${JSON.stringify(own)}`;
}

function members(keys = []) {
  return Object.fromEntries(keys.map((key) => [key, true]));
}

/** Order of members is no matter here. */
function sorted(value) {
  const inOrder = (_key, part) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort())
      : part;
  return JSON.stringify(value, inOrder);
}

function sessionOf({ app, session }) {
  return {
    id: 'AAAAAAAAAAAAAAAA',
    app,
    subject: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    authenticatedAt: null,
    lastSeenAt: '2026-01-01T00:00:00.000Z',
    expiresAt: '2099-01-01T00:00:00.000Z',
    absoluteExpiresAt: null,
    idleTimeout: 7200,
    version: 1,
    reads: 1,
    ip: null,
    userAgent: null,
    label: null,
    data: {},
    ...session,
  };
}

function ofSession(status, play) {
  const session = sessionOf(play);
  return json(status, session, { ETag: `"${session.version}"` });
}

function json(status, value, headers = {}) {
  return {
    status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers },
    text: JSON.stringify(value),
  };
}

function problem({ status, code, headers }) {
  const type = `https://rest-sessions.example/errors/${code}`;
  return {
    status,
    headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store', ...headers },
    text: JSON.stringify({ type, title: code, status, detail: `the vector answers ${code}`, code }),
  };
}
