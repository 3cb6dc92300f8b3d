/*
kind: history
source: user_service
target: dim_users
key: [user_id]
track: [username, email]
update: [created_at, last_updated]
effective: changed_at
known_from: created_at       # the first that is heard of an account holds from when it was made
watermark: changed_at
lookback: 10 minutes
deletes: close               # seen by a full load only: who is gone by then ends there
data_as_of: changed_at
checks:
  - not_null: username
  - { not_null: email, severity: warn }
*/
SELECT id AS user_id, username, email, "createdAt" AS created_at, "updatedAt" AS last_updated, "updatedAt" AS changed_at
FROM "User" WHERE "updatedAt" >= :since
