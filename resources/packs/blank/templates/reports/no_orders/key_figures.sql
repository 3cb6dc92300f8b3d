/*
title: Key figures
description: How many customers there are.
columns:
  - { name: name, label: Name, format: text }
  - { name: label, label: Figure, format: text }
  - { name: value, label: Value, format: text }
  - { name: format, label: Format, format: text }
  - { name: definition, label: Definition, format: text }
*/
SELECT 'customers' AS name, 'Customers' AS label, count(*)::text AS value, 'integer' AS format, 'Customers of the features.' AS definition
FROM (
  {{customers}}
) c
