// What applications do with the SDK, as far as it concerns the daemon.
//
// usage: client.cjs SCENARIO; the environment says where the daemon is and who logs in. Ends with
// status 0 when everything was as applications expect it.
'use strict';

const assert = require('node:assert/strict');
const { createRequire } = require('node:module');
const path = require('node:path');
const { start } = require('./front.cjs');

// It is installed outside of the checkout.
const { WazoApiClient } = createRequire(path.join(process.env.SDK_FOLDER, 'x'))('@wazo/sdk');

const { DAEMON_PORT, LOGIN, PASSWORD, USER_UUID } = process.env;
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** Expects a refusal with that status, which the SDK has understood. */
const refused = async (promise, status, text) => {
  await assert.rejects(promise, (error) => {
    assert.equal(error.constructor.name, 'BadResponse', String(error.stack));
    assert.equal(error.status, status, error.message);
    assert.ok(error.message.includes(text), error.message);
    return true;
  });
};

const logIn = (client, more = {}) => client.auth.logIn({
  username: LOGIN, password: PASSWORD, expiration: 600, ...more,
});

const scenarios = {
  /** A page that logs in, asks what it may do, and logs out. */
  async online(make) {
    const client = make();
    const before = Date.now();
    const session = await logIn(client);
    assert.match(session.token, UUID);
    assert.equal(session.uuid, USER_UUID);
    assert.match(session.tenantUuid, UUID);
    assert.match(session.sessionUuid, UUID);
    assert.equal(session.stackUuid, process.env.STACK_UUID);
    assert.equal(session.refreshToken, null);
    assert.deepEqual(session.acl, ['auth.users.me.#', 'calld.calls.read', '!calld.calls.secret']);
    const lifetime = session.expiresAt.getTime() - before;
    assert.ok(lifetime > 590_000 && lifetime < 660_000, `${lifetime} ms`);
    assert.equal(session.hasExpired(), false);

    assert.equal(await client.auth.checkToken(session.token), true);
    const known = await client.auth.authenticate(session.token);
    assert.equal(known.uuid, session.uuid);
    assert.deepEqual(known.acl, session.acl);
    client.setToken(session.token);
    const { scopes } = await client.auth.getRestrictionPolicies([
      'calld.calls.read', 'calld.calls.secret', `auth.users.${USER_UUID}.sessions.read`,
    ]);
    assert.deepEqual(scopes, {
      'calld.calls.read': true,
      'calld.calls.secret': false,
      [`auth.users.${USER_UUID}.sessions.read`]: true,
    });

    assert.equal(await client.auth.logOut(session.token), true);
    assert.equal(await client.auth.checkToken(session.token), false);
    await refused(client.auth.authenticate(session.token), 404, 'No such token');
  },

  /** A softphone that stays logged in: it gets a new token by itself when its own has ended. */
  async offline(make) {
    const client = make({ clientId: 'softphone' });
    const session = await logIn(client, { mobile: true });
    assert.match(session.refreshToken, UUID);
    client.setToken(session.token);
    client.setRefreshToken(session.refreshToken);
    client.setRefreshExpiration(300);
    const refreshed = [];
    client.setOnRefreshToken((token) => refreshed.push(token));

    assert.equal(await client.auth.logOut(session.token), true);
    // Refused, refreshed, and asked again: the application notices nothing.
    const { items } = await client.auth.getUserSession(USER_UUID);
    assert.equal(refreshed.length, 1);
    assert.equal(items.length, 1);
    assert.equal(await client.auth.checkToken(refreshed[0]), true);
    const forced = await client.forceRefreshToken();
    assert.notEqual(forced, refreshed[0]);

    const again = await client.auth.refreshToken(session.refreshToken, null, 60, false);
    assert.equal(again.uuid, USER_UUID);
    assert.equal(again.refreshToken, null);

    assert.equal(await client.auth.deleteRefreshToken('softphone'), true);
    await refused(client.auth.refreshToken(session.refreshToken, null, 60), 401, 'Authentication Failed');
    await refused(client.auth.deleteRefreshToken('softphone'), 404, 'unknown refresh_token');
    // What was made with it stays.
    assert.equal(await client.auth.checkToken(again.token), true);
    assert.equal(await client.auth.logOut(again.token), true);
  },

  /** An application that shows its user where else they are logged in, and ends that. */
  async sessions(make) {
    const client = make();
    const [here, elsewhere] = [await logIn(client), await logIn(client, { mobile: true })];
    client.setToken(here.token);
    const { items, total } = await client.auth.getUserSession(USER_UUID);
    assert.equal(total, 2);
    const mobile = items.find(({ uuid }) => uuid === elsewhere.sessionUuid);
    assert.deepEqual(mobile, {
      uuid: elsewhere.sessionUuid, mobile: true, tenant_uuid: here.tenantUuid, user_uuid: USER_UUID,
    });
    await client.auth.deleteUserSession(USER_UUID, elsewhere.sessionUuid);
    assert.equal(await client.auth.checkToken(elsewhere.token), false);
    assert.equal(await client.auth.checkToken(here.token), true);
  },

  /** What the SDK makes of what goes wrong. */
  async refusals(make) {
    const client = make();
    await refused(logIn(client, { password: 'wrong' }), 401, 'Authentication Failed');
    await refused(logIn(client, { expiration: -1 }), 400, 'greater than or equal to 1');
    const session = await logIn(client);
    client.setToken(session.token);
    await refused(client.auth.getUserSession('4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34'), 401, 'Unauthorized');
    client.setTenant('4b1d7c2a-9e3f-4f60-8a15-2c7d9b0e6f34');
    await refused(client.auth.getUserSession(USER_UUID), 401, 'Unauthorized tenant');
    client.setTenant(null);
    await refused(client.auth.getUser('not-a-uuid'), 404, '404 Not Found');
  },
};

const main = async () => {
  const scenario = scenarios[process.argv[2]];
  const front = await start(Number(DAEMON_PORT));
  try {
    await scenario((more = {}) => {
      const client = new WazoApiClient({ server: front.host, ...more });
      client.disableErrorLogging();
      return client;
    });
  } finally {
    front.close();
  }
};

main().then(
  // The SDK's timers for requests that are long over would keep the process for minutes.
  () => process.exit(0),
  (error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  },
);
