/*
kind: full
source: xiva
stream: customerManagement/v4/customer/
target: xiva_customers
key: [customer_id]
data_as_of: updated_at
checks:
  - not_null: customer_id
*/
SELECT row ->> 'id' AS customer_id, row ->> 'status' AS status, row ->> 'customerType' AS customer_type,
  row #>> '{engagedIndividual,givenName}' AS first_name, row #>> '{engagedIndividual,familyName}' AS last_name,
  row #>> '{engagedIndividual,gender}' AS gender, row #>> '{engagedIndividual,nationality}' AS nationality,
  (row #>> '{engagedIndividual,birthDate}')::date AS birth_date,
  jsonb_path_query_first(row, '$.contactMedium[*] ? (@.mediumType == "email").characteristic.emailAddress') #>> '{}' AS email,
  jsonb_path_query_first(row, '$.contactMedium[*] ? (@.mediumType == "phone").characteristic.phoneNumber') #>> '{}' AS phone,
  (row ->> 'lastUpdate')::timestamptz AS updated_at
FROM incoming
