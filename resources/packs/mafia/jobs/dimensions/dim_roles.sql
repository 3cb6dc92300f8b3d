/*
kind: reference
target: dim_roles
key: [role_name]
csv: reference/dim_roles.csv
checks:
  - { accepted_values: { column: role_type, values: [mafia, citizen, neutral] } }
*/
