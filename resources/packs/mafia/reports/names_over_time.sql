/*
title: Names over time
description: Users who changed their name or mail address, version by version.
columns:
  - { name: user_id, label: User id, format: text }
  - { name: username, label: Name, format: text }
  - { name: email, label: Mail address, format: text }
  - { name: valid_from, label: From, format: datetime }
  - { name: valid_to, label: To, format: datetime }
  - { name: is_current, label: Now, format: boolean }
*/
SELECT user_id, username, email, valid_from, valid_to, is_current
FROM dim_users WHERE user_id IN (SELECT user_id FROM dim_users GROUP BY user_id HAVING count(*) > 1)
ORDER BY user_id, valid_from
