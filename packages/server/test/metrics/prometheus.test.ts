/**
 * The metrics in the hands of a real Prometheus: it scrapes a server by the deployed configuration, and every query of the deployed rules
 * and of the dashboard answers a series. What is deployed and what is documented name the same.
 */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { METRICS } from '../../src/metrics/table.ts';
import { openLine } from '../cost/requests.ts';
import { makeAuthority } from '../support/certificates.ts';
import { Client } from '../support/client.ts';
import { metricsUrlOf, scrape } from '../support/metrics.ts';
import { deployed, type Prometheus, promtool, startPrometheus, whyNoPrometheus } from '../support/prometheus.ts';
import { startRedis } from '../support/redis.ts';
import { lastFirst, type ServerProcess, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

const skip = whyNoPrometheus();
const VARIABLE = '$' + '{datasource}';

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}
interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: string | { readonly query: string };
}
const dashboard = JSON.parse(deployed('grafana/rest-sessions.json')) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
};
const rules = [
  ...deployed('prometheus/rules.yml').matchAll(/- alert: (\w+)\n +expr: (?:>-\n)?((?:.|\n)*?)\n {8}\w/g),
].map(([, name = '', expr = '']) => ({ name, expr: expr.replaceAll(/\s+/g, ' ').trim() }));

/** Puts in what Grafana puts in. */
function filledIn(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$job', 'rest-sessions')
    .replaceAll(/\$(?:instance|app)\b/g, '.*');
}

describe('what is deployed', () => {
  test('the rules are right and fire for their causes, by promtool', { skip }, () => {
    for (const words of [
      ['check', 'rules', 'rules.yml'],
      ['check', 'config', 'prometheus.yml'],
      ['test', 'rules', 'rules.test.yml'],
    ]) {
      const { status, said } = promtool(words);
      assert.equal(status, 0, said);
    }
    const tested = deployed('prometheus/rules.test.yml');
    for (const { name } of rules) {
      assert.match(
        tested,
        new RegExp(`alertname: ${name}, exp_alerts: \\[\\]`),
        `${name} is silent for a server that is well`,
      );
      assert.match(tested, new RegExp(`alertname: ${name}\\n +exp_alerts:\\n +- `), `${name} fires`);
    }
  });

  test('each alert has a paragraph in docs/operations/monitoring.md, and each paragraph an alert', () => {
    assert.ok(rules.length > 10);
    const page = readFileSync(new URL('../../../../docs/operations/monitoring.md', import.meta.url), 'utf8');
    const told = [...page.matchAll(/^\*\*(RestSessions\w+)\*\*/gm)].map(([, name]) => name);
    assert.deepEqual(told.sort(), rules.map(({ name }) => name).sort());
  });

  test('the dashboard takes its data from a variable, which provisioning fills, and knows each metric', () => {
    const text = JSON.stringify(dashboard);
    assert.doesNotMatch(text, /__inputs|\$\{DS_/);
    assert.equal(dashboard.templating.list[0]!.type, 'datasource');
    for (const { title, type, datasource, targets = [] } of dashboard.panels) {
      if (type === 'row') continue;
      assert.equal(datasource?.uid, VARIABLE, title);
      for (const target of targets) assert.equal(target.datasource.uid, VARIABLE, title);
    }
    const known = Object.values(METRICS).map(({ name }) => name);
    for (const name of known) assert.ok(text.includes(name), `${name} is on the dashboard`);
    const used = `${text}${rules.map(({ expr }) => expr).join(' ')}`.match(/\b(?:restsessions|process)_\w+/g) ?? [];
    for (const name of used)
      assert.ok(
        known.some((one) => name.replace(/_(bucket|sum|count)$/, '') === one),
        name,
      );
  });
});

describe('a Prometheus that scrapes a server', { skip }, () => {
  const ending = lastFirst({ after });
  let server: ServerProcess;
  let metrics: string;
  let prometheus: Prometheus;

  before(async () => {
    const folder = temporaryFolder(ending);
    const policy = join(folder, 'policy.json');
    writeFileSync(policy, JSON.stringify({ apps: { shop: { rotationGrace: 0, events: true } } }));
    const { cert, key } = makeAuthority(folder).issue('server', '/CN=localhost', 'DNS:localhost');
    const data = temporaryFolder(ending);
    const RS_API_KEYS = `ops:${hashKey(newKey())}:*:admin:2100-01-01T00:00:00Z`;
    const common = { RS_CONFIG: policy, RS_METRICS_PORT: '0', RS_SWEEP_INTERVAL: '1', RS_MAX_CONCURRENT: '1' };
    const RS_ADOPT = `redis://127.0.0.1:${(await startRedis(ending)).port}/0`;
    // One server with TLS and keys for what they are counted by, the other one for traffic: both on one folder.
    const secure = await startServer(ending, {
      ...{ ...common, RS_ADOPT, RS_API_KEYS, RS_TLS_CERT: cert, RS_TLS_KEY: key, RS_STORE: `lmdb:${data}` },
    });
    server = await startServer(ending, { ...common, RS_STORE: `lmdb:${data}` });
    metrics = await metricsUrlOf(server);
    const [first, second] = [metrics, await metricsUrlOf(secure)].map((url) => new URL(url).host);
    prometheus = await startPrometheus(ending, [first!, second!]);
    chmodSync(data, 0o755);
  });

  /** Makes of everything a little. Again and again: a rate needs two scrapes that differ. */
  async function traffic(client: Client): Promise<void> {
    const token = await client.create('shop', 'u');
    const headers = { 'Session-Token': token };
    await client.send('POST', '/v1/apps/shop/session/rotate', undefined, headers);
    await client.send('GET', '/v1/apps/shop/session', undefined, headers);
    const slow = await openLine(server.port);
    const head = `PUT /shop/create/slow?ip=1.1.1.1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 7`;
    const { answered } = slow.send(`${head}\r\n\r\n{"a"`);
    await until(async () => (await scrape(metrics)).of('http_requests_in_flight') === 1);
    assert.equal((await client.send('GET', `/shop/get/${token}`)).status, 503);
    slow.socket.write(':1}');
    await answered;
    slow.socket.destroy();
    await client.send('DELETE', '/v1/apps/shop/sessions?confirm=shop');
  }

  test('finds it well, and promtool finds no fault with any line of it', async () => {
    assert.equal((await fetch(`${server.url}/livez`)).status, 200);
    await until(async () => (await prometheus.query('sum(up{job="rest-sessions"})'))[0]?.value[1] === '2');
    const text = await (await fetch(metrics)).text();
    const { status, said } = promtool(['check', 'metrics'], text);
    assert.deepEqual([status, said], [0, '']);
    // It asks for OpenMetrics, and knows each type from there.
    const known = await prometheus.ask('/api/v1/metadata');
    for (const { name, type } of [METRICS.requests, METRICS.sessions, METRICS.cpu, METRICS.created]) {
      const family = name.replace(/_total$/, '');
      assert.equal((known[family] ?? known[name])?.[0].type, type, name);
    }
  });

  test('has a series for each query of the rules and of the dashboard, and values for each of its variables', async (t) => {
    const client = new Client(server.url);
    t.after(() => client.close());
    const queries = [
      ...rules.map(({ name, expr }) => [name, expr.replace(/ (?:==|>|<) [\d.]+$/, '')] as const),
      ...dashboard.panels.flatMap(({ title, targets = [] }) =>
        targets.map(({ expr }) => [title, filledIn(expr)] as const),
      ),
    ];
    assert.ok(queries.length > 40);
    let silent = queries;
    await until(
      async () => {
        await traffic(client);
        const answers = await Promise.all(silent.map(([, query]) => prometheus.query(query)));
        silent = silent.filter((_, i) => answers[i]!.every(({ value }) => value[1] === 'NaN'));
        return silent.length === 0;
      },
      () => `these answer no series: ${JSON.stringify(silent, null, 1)}`,
    );
    for (const { name, type, query } of dashboard.templating.list) {
      if (type === 'datasource') continue;
      const [, selector, label] = /^label_values\((.*), (\w+)\)$/.exec((query as { query: string }).query)!;
      const match = encodeURIComponent(filledIn(selector!));
      const values = await prometheus.ask(`/api/v1/label/${label}/values?match[]=${match}`);
      assert.ok(values.length > 0, `values of the variable ${name}`);
    }
    const alerts = (await prometheus.ask('/api/v1/rules')).groups[0].rules as { name: string; health: string }[];
    assert.deepEqual(
      alerts.map(({ health }) => health),
      rules.map(() => 'ok'),
    );
    assert.equal((await prometheus.query('ALERTS{alertname="RestSessionsTokenReuse"}')).length > 0, true);
  });

  test('has the answer of a scrape in time', async () => {
    const [{ value } = { value: [0, 'NaN'] }] = await prometheus.query(
      'max(scrape_samples_scraped{job="rest-sessions"})',
    );
    assert.ok(Number(value[1]) > 100 && Number(value[1]) <= 2000, `${value[1]} series`);
  });
});
