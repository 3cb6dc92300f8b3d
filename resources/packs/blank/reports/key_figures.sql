/*
title: Key figures
description: Nothing is mapped yet; “quintile connect” tells how.
columns:
  - { name: name, label: Name, format: text }
  - { name: label, label: Figure, format: text }
  - { name: value, label: Value, format: text }
  - { name: format, label: Format, format: text }
  - { name: definition, label: Definition, format: text }
*/
SELECT 'customers' AS name, 'Customers' AS label, '0' AS value, 'integer' AS format, 'Nothing is mapped yet: write mapping.yaml, then quintile connect apply.' AS definition
