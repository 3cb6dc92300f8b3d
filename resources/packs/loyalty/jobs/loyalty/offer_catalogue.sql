/*
kind: full
source: loyalty_source
target: offer_catalogue
key: [offer_id]
*/
SELECT offer_id, offer_name, offer_type, category, lifecycle_stage, value_segment FROM offers
