/*
kind: reference
target: customer_merge_decision
key: [customer_code, other_code]
# Pairs that are one customer (same) or must stay two (apart). Edit the file there.
csv: reference/customer_merge_decisions.csv
delimiter: ","
empty: allow
*/
