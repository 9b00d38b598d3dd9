/** Where webhooks may go: by the address, whatever name leads to it, and with real sockets. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { agentsFor } from '../../src/webhooks/connecting.ts';
import { Networks } from '../../src/webhooks/networks.ts';
import { Sender } from '../../src/webhooks/sender.ts';
import { network, startReceiver } from './receiver.ts';

const MESSAGE = { headers: { 'Content-Type': 'text/plain' }, body: 'hello' };

describe('an address', () => {
  const none = new Networks([]);
  const closed = [
    ...[
      '0.0.0.0',
      '10.0.0.1',
      '100.64.0.1',
      '100.127.255.255',
      '127.0.0.1',
      '127.8.8.8',
      '169.254.169.254',
      '172.16.0.1',
    ],
    ...[
      '172.31.255.255',
      '192.0.0.1',
      '192.168.1.1',
      '198.18.0.1',
      '203.0.113.9',
      '224.0.0.1',
      '239.1.1.1',
      '240.0.0.1',
    ],
    ...[
      '255.255.255.255',
      '::',
      '::1',
      '::ffff:10.0.0.1',
      '::ffff:8.8.8.8',
      '::ffff:a00:1',
      '64:ff9b::a00:1',
      '64:ff9b:1::1',
    ],
    ...[
      'fe80::1',
      'fe80::1%eth0',
      'fc00::1',
      'fd00:ec2::254',
      'ff02::1',
      '2002:a00:1::1',
      '2001::1',
      '2001:db8::1',
      '3fff::1',
    ],
    ...['100::1', '5f00::1'],
  ];
  for (const address of closed) {
    test(`${address} is not of the open internet`, () => {
      assert.match(none.refusal(address, true) ?? '', /not of the open internet, and not in RS_WEBHOOK_NETWORKS/);
    });
  }

  test('of the open internet is reached with https: alone', () => {
    for (const address of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1']) {
      assert.equal(none.refusal(address, true), null, address);
      assert.match(none.refusal(address, false) ?? '', /only with https:/, address);
    }
  });

  test('that is listed is reached, in each way to write it', () => {
    const listed = new Networks(['10.1.0.0/16', '192.168.7.7', 'fd00::/8'].map(network));
    for (const address of ['10.1.2.3', '192.168.7.7', '::ffff:10.1.2.3', 'fd12::1']) {
      assert.equal(listed.refusal(address, false), null, address);
    }
    for (const address of ['10.2.0.1', '192.168.7.8', 'fc00::1'])
      assert.notEqual(listed.refusal(address, true), null, address);
  });
});

/** Gives a sender whose names lead to these addresses, and what it counted of connections to a listener. */
async function senderTo(t: TestContext, names: Record<string, string[]>, listed: string[] = []) {
  const agents = agentsFor(new Networks(listed.map(network)), async (name) =>
    (names[name] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  );
  const sender = new Sender({ agents, clock: Date.now, userAgent: 'test' });
  t.after(() => sender.close());
  let connections = 0;
  const listener = createServer((socket) => {
    connections++;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.after(() => listener.close());
  return { sender, port: (listener.address() as AddressInfo).port, connections: () => connections };
}

test('a name is not connected to when one of its addresses may not be reached', async (t) => {
  const names = {
    'inside.test': ['127.0.0.1'],
    'half.test': ['8.8.8.8', '127.0.0.1'],
    'mapped.test': ['::ffff:127.0.0.1'],
  };
  const { sender, port, connections } = await senderTo(t, names);
  for (const name of Object.keys(names)) {
    for (const scheme of ['https', 'http']) {
      const outcome = await sender.send(`${scheme}://${name}:${port}/`, MESSAGE);
      assert.ok(outcome.kind === 'failed', name);
      assert.match(outcome.why, /^[a-z]+\.test leads to .*RS_WEBHOOK_NETWORKS/);
    }
  }
  assert.equal(connections(), 0);
});

test('an address in the URL is judged, too, however it is written', async (t) => {
  const { sender, port, connections } = await senderTo(t, {});
  for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]', '127.1']) {
    for (const scheme of ['https', 'http']) {
      const outcome = await sender.send(`${scheme}://${host}:${port}/`, MESSAGE);
      assert.ok(
        outcome.kind === 'failed' && /not of the open internet/.test(outcome.why),
        `${host} ${JSON.stringify(outcome)}`,
      );
    }
  }
  assert.equal(connections(), 0);
});

test('a name that has no address is a failure', async (t) => {
  const { sender } = await senderTo(t, {});
  assert.deepEqual(await sender.send('https://nobody.test/', MESSAGE), {
    kind: 'failed',
    why: 'nobody.test has no address',
  });
});

test('a listed address is reached by name; a redirect is an answer, and the proxy of the environment is none of ours', async (t) => {
  const before = process.env.HTTP_PROXY;
  process.env.HTTP_PROXY = 'http://127.0.0.1:9';
  t.after(() => {
    if (before === undefined) delete process.env.HTTP_PROXY;
    else process.env.HTTP_PROXY = before;
  });
  const receiver = await startReceiver(t, () => ({ status: 307, headers: { Location: '/elsewhere' } }), null);
  const { sender } = await senderTo(t, { 'mail.test': ['127.0.0.1'] }, ['127.0.0.1']);
  const url = `http://mail.test:${receiver.port}/`;
  assert.deepEqual(await sender.send(url, MESSAGE), { kind: 'answered', status: 307, retryAfter: null });
  assert.equal(receiver.got.length, 1);
  assert.equal(receiver.got[0]!.headers.host, `mail.test:${receiver.port}`);
});
