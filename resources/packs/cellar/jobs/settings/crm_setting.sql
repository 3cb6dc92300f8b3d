/*
kind: reference
target: crm_setting
key: [key]
# Thresholds and weights. Edit the file there and run: quintile run --jobs crm_setting+
csv: reference/crm_settings.csv
delimiter: ","
checks:
  - name: threshold_is_a_number
    on: staged
    bad_rows: abort
    sql: SELECT staging_row FROM staging WHERE key <> 'profile.as_of_date' AND value !~ '^-?[0-9]+([.][0-9]+)?( -?[0-9]+([.][0-9]+)?)*$'
  - name: as_of_is_a_date_or_newest
    on: staged
    bad_rows: abort
    sql: SELECT staging_row FROM staging WHERE key = 'profile.as_of_date' AND value <> 'newest' AND parse_day(value) IS NULL
  - name: threshold_is_missing
    sql: >-
      SELECT key FROM unnest(ARRAY['silence_window_days', 'winback_recency_days', 'winback_min_historical_ca', 'rfm.recency_quantiles', 'rfm.frequency_quantiles',
      'rfm.monetary_quantiles', 'aroma.low_threshold', 'aroma.medium_threshold', 'aroma.min_orders_for_confidence']) AS key WHERE key NOT IN (SELECT key FROM crm_setting)
  - name: bins_are_six_rising_edges
    sql: >-
      SELECT key FROM crm_setting c WHERE key LIKE 'rfm.%'
      AND (cardinality(numbers) <> 6 OR EXISTS (SELECT 1 FROM generate_subscripts(numbers, 1) AS i WHERE i > 1 AND numbers[i] <= numbers[i - 1]))
*/
