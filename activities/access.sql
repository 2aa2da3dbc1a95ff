-- name: insert_key
-- A new API key, by the hash of its secret.
INSERT INTO api_keys (key_id, store, scope, key_hash, label)
VALUES (%(key_id)s, %(store)s, %(scope)s, %(key_hash)s, %(label)s);

-- name: find_key
-- The key of this hash, unless it was revoked.
SELECT key_id, store, scope, label FROM api_keys WHERE key_hash = %(key_hash)s AND revoked_at IS NULL;

-- name: revoke_key
-- Ends a key for good.
UPDATE api_keys SET revoked_at = now() WHERE key_id = %(key_id)s AND revoked_at IS NULL RETURNING key_id;

-- name: find_store
-- A store by its name.
SELECT store, name FROM stores WHERE store = %(store)s;

-- name: list_stores
-- Every store, by name.
SELECT store, name FROM stores ORDER BY store;

-- name: insert_agent
-- A new agent; no row when the name is taken.
INSERT INTO agents (agent_id, name, password_hash, stores, must_change_password)
VALUES (%(agent_id)s, %(name)s, %(password_hash)s, %(stores)s, %(must_change)s)
ON CONFLICT (name) DO NOTHING RETURNING agent_id;

-- name: find_agent
-- An agent by name, to check a password.
SELECT agent_id, name, password_hash, must_change_password, stores, disabled_at
FROM agents WHERE name = %(name)s;

-- name: change_password
-- Replaces a password.
UPDATE agents SET password_hash = %(password_hash)s, must_change_password = %(must_change)s
WHERE agent_id = %(agent_id)s;

-- name: end_sessions
-- Every session of an agent, but the one kept.
DELETE FROM agent_sessions WHERE agent_id = %(agent_id)s AND session_hash <> %(kept)s;

-- name: insert_session
-- A session, by the hash of its token.
INSERT INTO agent_sessions (session_hash, agent_id, expires_at) VALUES (%(session_hash)s, %(agent_id)s, %(expires_at)s);

-- name: find_session
-- The agent of a session that has not expired.
SELECT a.agent_id, a.name, a.must_change_password, a.stores
FROM agent_sessions s JOIN agents a USING (agent_id)
WHERE s.session_hash = %(session_hash)s AND s.expires_at > now() AND a.disabled_at IS NULL;

-- name: delete_session
-- One session, at log-out.
DELETE FROM agent_sessions WHERE session_hash = %(session_hash)s;

-- name: delete_expired_sessions
-- Sessions nobody can use any more.
DELETE FROM agent_sessions WHERE expires_at <= now();

-- name: delete_old_idempotency_keys
-- Idempotency keys are kept for two days.
DELETE FROM idempotency_keys WHERE store = %(store)s AND at < now() - interval '48 hours';
