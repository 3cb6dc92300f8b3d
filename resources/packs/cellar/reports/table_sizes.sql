/*
title: Table sizes
description: Space of each table with its indexes, largest first.
columns:
  - { name: schemaname, label: Schema, format: text }
  - { name: tablename, label: Table, format: text }
  - { name: size, label: Size, format: text }
  - { name: bytes, label: Bytes, format: integer }
*/
SELECT schemaname, tablename, pg_size_pretty(pg_total_relation_size(quote_ident(schemaname) || '.' || quote_ident(tablename))) AS size,
  pg_total_relation_size(quote_ident(schemaname) || '.' || quote_ident(tablename)) AS bytes
FROM pg_tables WHERE schemaname = 'public' ORDER BY bytes DESC, tablename
