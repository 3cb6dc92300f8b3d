/*
kind: reference
target: rfm_segment
key: [segment]
csv: reference/rfm_segments.csv
delimiter: ","
*/
