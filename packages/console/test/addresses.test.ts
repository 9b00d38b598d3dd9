/** Addresses: what a path means, and what a change makes of a query. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { below, changed, match, pathOf, queryOf } from '../src/state/addresses.ts';

describe('addresses', () => {
  test('any subject comes back out of the path that it went into', () => {
    for (const subject of [
      'u1',
      'a/b',
      'ä ö?#&=%',
      '../..',
      '<script>',
      'マリア',
      '100%',
      '%2F',
      ':app',
      'x'.repeat(256),
    ]) {
      const path = pathOf('/apps/:app/subjects/:subject', { app: 'shop', subject });
      assert.deepEqual(match('/apps/:app/subjects/:subject', below(path)), { app: 'shop', subject });
    }
  });

  test('a path of another length or another word is not taken', () => {
    assert.equal(match('/apps/:app', '/apps'), null);
    assert.equal(match('/apps/:app', '/apps/'), null);
    assert.equal(match('/apps/:app', '/apps/shop/events'), null);
    assert.equal(match('/apps/:app/events', '/apps/shop/policy'), null);
    assert.equal(match('/apps/:app', '/apps/%E0%A4%A'), null);
  });

  test('a slash at the end makes no difference', () => {
    assert.deepEqual(match('/apps/:app', '/apps/shop/'), { app: 'shop' });
    assert.equal(below('/console/'), '/');
    assert.equal(below('/console'), '/');
    assert.equal(below('/console/keys/'), '/keys');
  });

  test('a change of the query leaves alone what it does not name, and takes out what is null or empty', () => {
    const query = new URLSearchParams('tab=history&zone=utc');
    assert.equal(changed(query, { tab: null, active: 'hour' }), '?zone=utc&active=hour');
    assert.equal(changed(query, { tab: '', zone: undefined }), '');
    assert.equal(query.toString(), 'tab=history&zone=utc');
  });

  test('a link to another view takes the settings along, and neither filters nor the page of a list', () => {
    const query = new URLSearchParams('theme=dark&zone=utc&lang=de&keys=off&tab=history&cursor=abc&q=x');
    assert.equal(queryOf(query, { subject: 'u 1' }), '?theme=dark&zone=utc&lang=de&keys=off&subject=u+1');
    assert.equal(queryOf(new URLSearchParams('tab=history')), '');
  });
});
