/*
kind: reference
target: country_reference
key: [country]
# The names that shops write; add what is missing there. A country that is taken out of the file goes.
csv: reference/country_reference.csv
*/
