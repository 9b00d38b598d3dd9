/** The OpenAPI document: valid by the linter of the field, and every example in it is one that happens. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { STATUS } from '../../src/http/message/problem.ts';
import { DescribedClient } from '../support/described-client.ts';
import type { Description } from '../support/description.ts';
import { startServer, temporaryFolder } from '../support/server.ts';
import { SECRET, startReceiver } from '../webhooks/receiver.ts';

const receiver = await startReceiver({ after }, () => 204);
const policy = join(temporaryFolder({ after }), 'policy.json');
const webhooks = [{ name: 'mail', url: receiver.url, secret: { env: 'HOOK' } }];
writeFileSync(
  policy,
  JSON.stringify({ defaults: { events: true }, apps: { shop: { history: { days: 30 }, webhooks } } }),
);
const listed = { HOOK: SECRET, RS_WEBHOOK_NETWORKS: '127.0.0.1' };
const server = await startServer({ after }, { RS_STORE: 'memory:', RS_CONFIG: policy, ...listed });
const client = new DescribedClient(server.url);
after(() => client.close());
const description: Description = await client.description();
const { document } = description;

/** Gives every operation with its path and method. */
const operations = Object.entries<Record<string, Operation>>(document.paths).flatMap(([path, verbs]) =>
  Object.entries(verbs).map(([verb, operation]) => ({ path, verb, operation })),
);

// biome-ignore lint/suspicious/noExplicitAny: a JSON document
type Operation = any;

describe('the OpenAPI document', () => {
  test('is valid and well made by the strict rules of Redocly', async () => {
    const { text } = await client.send('GET', '/openapi.json');
    const problems = await lintFromString({
      source: text,
      config: await createConfig({ extends: ['recommended-strict'] }),
    });
    assert.deepEqual(
      problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`),
      [],
    );
  });

  test('is served to everyone, and has the version of the package', async () => {
    const { status, headers } = await client.send('GET', '/openapi.json');
    assert.deepEqual([status, headers['content-type']], [200, 'application/json; charset=utf-8']);
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    assert.equal(document.info.version, manifest.version);
  });

  test('has each operation once, with its scope, a tag that is explained and the errors that all can give', () => {
    assert.equal(operations.length, 43);
    const ids = operations.map(({ operation }) => operation.operationId);
    assert.equal(new Set(ids).size, ids.length);
    const tags = document.tags.map(({ name }: { name: string }) => name);
    for (const { operation } of operations) {
      assert.match(operation['x-scope'], /^(?:verify|read|write|revoke|admin)$/, operation.operationId);
      assert.ok(tags.includes(operation.tags[0]), operation.operationId);
      for (const status of [400, 503]) assert.ok(operation.responses[status], `${operation.operationId} ${status}`);
    }
    assert.deepEqual(
      [...new Set(operations.map(({ operation }) => operation.tags[0]))].sort(),
      [...tags].sort(),
      'no tag is without an operation',
    );
  });

  test('speaks of numbers and booleans in queries, not of their text', () => {
    const types = operations.flatMap(({ operation }) =>
      operation.parameters
        .filter((parameter: Operation) => parameter.in === 'query')
        .map(({ name, schema }: Operation) => [name, schema.type, schema.pattern]),
    );
    const typeOf = Object.fromEntries(types);
    assert.deepEqual(
      ['touch', 'dryRun', 'limit', 'within', 'activeWithin', 'fields'].map((name) => typeOf[name]),
      ['boolean', 'boolean', 'integer', 'number', 'number', 'string'],
    );
    assert.ok(types.every(([, type, pattern]) => type === 'string' || pattern === undefined));
  });
});

describe('the examples of the document', () => {
  for (const { path, verb, operation } of operations) {
    test(`${operation.operationId}: each answer shown is of its schema`, () => {
      let seen = 0;
      for (const [status, response] of Object.entries<Operation>(operation.responses)) {
        for (const [type, { example, examples = {} }] of Object.entries<Operation>(response.content ?? {})) {
          const at = ['paths', path, verb, 'responses', status, 'content', type, 'schema'];
          const shown = example === undefined ? Object.keys(examples).map(exampleNamed) : [example];
          for (const value of shown) description.checkValue(at, value, `${operation.operationId} ${status}`);
          seen += shown.length;
          for (const { code } of shown.filter(() => Number(status) >= 400)) {
            assert.equal(STATUS[code as keyof typeof STATUS], Number(status));
          }
        }
      }
      assert.ok(seen > 2);
    });

    test(`${operation.operationId}: each request shown is one that succeeds`, async () => {
      const requests = Object.entries<Operation>(operation.requestBody?.content ?? { '': {} });
      for (const [type, { example, schema }] of requests) {
        const made = await client.send('POST', '/v1/apps/shop/sessions', {
          subject: 'user123',
          data: { cart: ['book'] },
        });
        const { token, session } = made.json;
        const parts: Record<string, string> = {
          app: 'shop',
          subject: 'user123',
          id: session.id,
          webhook: 'mail',
          letter: '1',
        };
        const filled = path.replace(/\{(\w+)\}/g, (_, name) => parts[name]!);
        const query = operation.parameters
          .filter((each: Operation) => each.in === 'query' && each.required)
          .map(({ name, example: value }: Operation) => `${name}=${value}`);
        if (operation.operationId === 'revokeAllSessions') query.push('confirm=shop');
        const shown =
          example === undefined ? undefined : JSON.parse(JSON.stringify(example).replace(/rs7d\w{36}/, token));
        if (shown !== undefined) description.checkValue(pointerOf(path, verb, type), shown, operation.operationId);
        const body = type.endsWith('urlencoded') ? new URLSearchParams(shown).toString() : shown;
        const { status } = await client.send(verb.toUpperCase(), `${filled}?${query.join('&')}`, body, {
          'Session-Token': token,
          ...(operation.operationId === 'unlockSession' && { 'Session-Lock': 'x'.repeat(32) }),
          ...(type !== '' && { 'Content-Type': type }),
        });
        // Nothing is given up in less than three days.
        const most = operation.operationId === 'resendDeadLetter' ? 404 : 299;
        const wanted = Object.keys(operation.responses)
          .map(Number)
          .filter((code) => code <= most);
        assert.ok(wanted.includes(status), `${operation.operationId} ${type} ${status} ${schema}`);
      }
    });
  }
});

function exampleNamed(name: string): Operation {
  return document.components.examples[name].value;
}

function pointerOf(path: string, verb: string, type: string): string[] {
  return ['paths', path, verb, 'requestBody', 'content', type, 'schema'];
}
