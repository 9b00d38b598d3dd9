// Writes vectors/webhooks.json: requests of a sender by Standard Webhooks, right and wrong ones, with the signatures in them.
//
//   node adapters/contract/sign-webhooks.mjs
//
// The secrets are no secrets: they are made from their names. test/webhooks.test.ts says that the file is what this writes, and has
// the library of the specification judge it.
import { createHash, createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const FILE = new URL('vectors/webhooks.json', import.meta.url);

const NOW = 1_790_000_000;
const TOLERANCE = 300;
const OLD = secretOf('the old one');
const NEW = secretOf('the new one');
const OTHER = secretOf('of somebody else');

const CREATED = {
  specversion: '1.0',
  id: 'AAAAAAAAAAAAAAAA.1',
  source: '/apps/shop',
  type: 'session.created',
  subject: 'AAAAAAAAAAAAAAAA',
  time: '2026-09-21T14:13:18.000Z',
  sequence: '1.1',
  datacontenttype: 'application/json',
  data: { session: 'AAAAAAAAAAAAAAAA', subject: 'user123', ip: '192.0.2.1', userAgent: null, label: null },
};
const ENDED = {
  ...CREATED,
  id: 'AAAAAAAAAAAAAAAA.2',
  type: 'session.ended',
  time: '2026-09-21T14:13:19.000Z',
  sequence: '1.2',
  data: {
    session: 'AAAAAAAAAAAAAAAA',
    subject: 'Zoë/1',
    reason: 'revoked',
    by: 'console:Jürgen',
    note: '盗まれた電話 📱, “lost”',
    ip: null,
  },
};

/** Gives the text of the file: the vectors, in their order. */
export function webhookVectors() {
  return { tolerance: TOLERANCE, cases: [...good(), ...late(), ...forged(), ...malformed()] };
}

function good() {
  return [
    told('one-event', 'an event that was signed is given', {}),
    told('header-names-in-capitals', 'the names of headers are in any case', {
      rename: (name) => name.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase()),
    }),
    told('second-secret', 'the receiver knows two secrets, and the sender has begun with the new one', {
      secrets: [OLD, NEW],
      signedBy: [NEW],
    }),
    told('first-secret', 'the receiver knows two secrets, and the sender has not begun with the new one', {
      secrets: [OLD, NEW],
      signedBy: [OLD],
    }),
    told('several-signatures', 'the sender signs with two secrets, and the receiver knows the second', {
      signedBy: [OLD, NEW],
    }),
    told('signatures-of-other-versions', 'signatures of versions that are not known are passed over', {
      signature: (right) => `v1a,${'A'.repeat(86)}== v2 ${right} v1`,
    }),
    told('unicode', 'the body is signed as bytes of UTF-8', { body: JSON.stringify(ENDED), events: [ENDED] }),
    told('escaped-unicode', 'the body is signed as it is sent, not as it would be written anew', {
      body: JSON.stringify(ENDED, null, 2).replaceAll(
        /[^ -~\n]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      ),
      events: [ENDED],
    }),
    told('batch', 'a list of events has one signature, and all of them are given in order', {
      id: 'batch_2',
      body: JSON.stringify([CREATED, ENDED]),
      events: [CREATED, ENDED],
    }),
    told('batch-of-none', 'a list without events is well', { body: '[]', events: [] }),
    told('type-of-a-later-server', 'an event of a type that is not known is given, too', {
      body: JSON.stringify({ ...CREATED, type: 'session.praised' }),
      events: [{ ...CREATED, type: 'session.praised' }],
    }),
  ];
}

function late() {
  return [
    told('five-minutes-old', 'a request may be five minutes old', { timestamp: NOW - TOLERANCE }),
    told('five-minutes-ahead', 'the clock of the sender may be five minutes ahead', { timestamp: NOW + TOLERANCE }),
    refused('too-old', 'wrong_timestamp', 'a request that is older may be a repetition of somebody else', {
      timestamp: NOW - TOLERANCE - 1,
    }),
    refused('too-far-ahead', 'wrong_timestamp', 'a request from further ahead would be good for too long', {
      timestamp: NOW + TOLERANCE + 1,
    }),
  ];
}

function forged() {
  return [
    refused('secret-of-another', 'wrong_signature', 'what another secret has signed is refused', { signedBy: [OTHER] }),
    refused('none-of-two-secrets', 'wrong_signature', 'so it is where the receiver knows two secrets', {
      secrets: [OLD, NEW],
      signedBy: [OTHER],
    }),
    refused('changed-body', 'wrong_signature', 'a body that was changed on its way is refused', {
      body: JSON.stringify(CREATED),
      signedBody: JSON.stringify(ENDED),
    }),
    refused('body-with-a-line-end', 'wrong_signature', 'one line end more is a change of the body', {
      body: `${JSON.stringify(CREATED)}\n`,
      signedBody: JSON.stringify(CREATED),
    }),
    refused('changed-id', 'wrong_signature', 'the id of a webhook is signed, too', { signedId: 'msg_2' }),
    refused('changed-timestamp', 'wrong_signature', 'so is the timestamp of a webhook', { signedTimestamp: NOW - 299 }),
    refused('signature-that-was-cut', 'wrong_signature', 'a part of the signature is none', {
      signature: (right) => right.slice(0, -4),
    }),
    refused('signature-with-more', 'wrong_signature', 'a signature with something behind it is none', {
      signature: (right) => `${right}AAAA`,
    }),
    refused('signature-that-is-no-base64', 'wrong_signature', 'what can be no signature is none', {
      signature: () => 'v1,%%%%',
    }),
    refused('signature-of-no-bytes', 'wrong_signature', 'a version alone is no signature', { signature: () => 'v1,' }),
    refused('signature-under-another-version', 'wrong_signature', 'a right signature counts under v1 only', {
      signature: (right) => right.replace('v1,', 'v2,'),
    }),
    refused('signature-without-version', 'wrong_signature', 'and no signature counts without a version', {
      signature: (right) => right.replace('v1,', ''),
    }),
  ];
}

function malformed() {
  const without = (...names) => ({ without: names });
  return [
    refused('no-id', 'invalid_headers', 'a request without its id is refused', without('webhook-id')),
    refused('no-timestamp', 'invalid_headers', 'so is one without its timestamp', without('webhook-timestamp')),
    refused('no-signature', 'invalid_headers', 'and one without a signature', without('webhook-signature')),
    refused('no-headers', 'invalid_headers', 'and one that no sender of webhooks has sent', {
      without: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
    }),
    refused('empty-id', 'invalid_headers', 'an empty id of a webhook is none', { id: '' }),
    refused('empty-signature', 'invalid_headers', 'an empty signature is none', { signature: () => '' }),
    ...[
      ['words', 'soon'],
      ['digits-and-more', `${NOW}s`],
      ['a-fraction', `${NOW}.5`],
      ['a-sign', `+${NOW}`],
      ['milliseconds-with-an-exponent', '1.79e9'],
      ['too-many-digits', '9'.repeat(40)],
      ['other-digits', '179000000²'],
    ].map(([what, timestamp]) =>
      refused(`timestamp-of-${what}`, 'invalid_headers', `a timestamp is 1 to 15 digits: ${timestamp} is none`, {
        timestamp,
      }),
    ),
    refused('no-secrets', 'invalid_secret', 'without a secret nothing can be verified', { secrets: [] }),
    ...[
      ['without-prefix', NEW.slice('whsec_'.length)],
      ['of-nothing', 'whsec_'],
      ['that-is-no-base64', 'whsec_correct horse battery staple'],
      ['that-was-cut', NEW.slice(0, -1)],
      ['with-a-line-end', `${NEW}\n`],
    ].map(([what, secret]) =>
      refused(`secret-${what}`, 'invalid_secret', `a secret is whsec_ and base64, not ${JSON.stringify(secret)}`, {
        secrets: [secret],
      }),
    ),
    refused('one-good-secret-of-two', 'invalid_secret', 'a wrong secret is told, also beside one that would do', {
      secrets: [NEW, 'tomorrow'],
    }),
    ...[
      ['that-is-no-json', 'session.ended'],
      ['that-was-cut', JSON.stringify(CREATED).slice(0, -1)],
      ['of-nothing', ''],
      ['of-a-text', '"session.ended"'],
      ['of-null', 'null'],
      ['of-a-list-of-numbers', '[1]'],
      ['of-a-list-in-a-list', '[[]]'],
    ].map(([what, body]) =>
      refused(
        `body-${what}`,
        'invalid_body',
        `a body that was signed is an event or a list of events: not ${body || 'nothing'}`,
        {
          body,
        },
      ),
    ),
  ];
}

function told(name, title, { events = [CREATED], ...request }) {
  return { name, title, ...requestOf(request), events };
}

function refused(name, error, title, request) {
  return { name, title, ...requestOf(request), error };
}

function requestOf({
  secrets = [NEW],
  signedBy = [NEW],
  id = 'AAAAAAAAAAAAAAAA.1',
  timestamp = NOW - 2,
  body = JSON.stringify(CREATED),
  signedId = id,
  signedTimestamp = timestamp,
  signedBody = body,
  signature = (right) => right,
  rename = (name) => name,
  without = [],
}) {
  const message = `${signedId}.${signedTimestamp}.${signedBody}`;
  const right = signedBy.map((secret) => `v1,${createHmac('sha256', keyOf(secret)).update(message).digest('base64')}`);
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': `${timestamp}`,
    'webhook-signature': signature(right.join(' ')),
  };
  for (const name of without) delete headers[name];
  const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [rename(name), value]));
  return { secrets, headers: named, body, now: NOW };
}

function secretOf(name) {
  return `whsec_${createHash('sha256').update(name).digest('base64')}`;
}

function keyOf(secret) {
  return Buffer.from(secret.slice('whsec_'.length), 'base64');
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(FILE, `${JSON.stringify(webhookVectors(), null, 2)}\n`);
