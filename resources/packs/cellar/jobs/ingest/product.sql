/*
kind: merge
source: inbox
stream: "products*.csv"
target: product
key: [product_key]
checks:
  - not_null: product_label
  - name: text_too_long
    on: staged
    sql: >-
      SELECT staging_row FROM staging WHERE length(product_key) > 255 OR length(product_label) > 512 OR length(family_crm) > 255 OR length(cepage) > 255
      OR length(sucrosite_niveau) > 50 OR length(price_band) > 50
  - name: label_has_no_letter_or_digit
    on: staged
    sql: SELECT staging_row FROM staging WHERE normalise_label(product_label) = ''
  - name: not_readable
    on: staged
    sql: SELECT staging_row FROM staging WHERE is_broken
  - range: { column: premium_tier, min: 0, max: 3 }
  - range: { column: aroma_fruit, min: 1, max: 5 }
  - range: { column: aroma_floral, min: 1, max: 5 }
  - range: { column: aroma_spice, min: 1, max: 5 }
  - range: { column: aroma_mineral, min: 1, max: 5 }
  - range: { column: aroma_acidity, min: 1, max: 5 }
  - range: { column: aroma_body, min: 1, max: 5 }
  - range: { column: aroma_tannin, min: 1, max: 5 }
  - unique: product_label
    on: staged
  - name: label_of_another_product
    on: staged
    sql: SELECT s.staging_row FROM staging s JOIN product p USING (product_label) WHERE p.product_key <> s.product_key
  - name: labels_alike
    severity: warn
    sql: SELECT label_norm, string_agg(product_key, ', ') AS products FROM product GROUP BY label_norm HAVING count(*) > 1
*/
-- The catalogue; of two files that name a product the newer one holds.
WITH read AS (
  SELECT DISTINCT ON (key) key AS product_key, parse_text(r->>'product_label') AS product_label, parse_text(r->>'family_crm') AS family_crm, parse_text(r->>'cepage') AS cepage,
    parse_text(r->>'sucrosite_niveau') AS sucrosite_niveau, parse_text(r->>'price_band') AS price_band, r, is_broken
  FROM (
    SELECT parse_text(to_jsonb(i)->>'product_key') AS key, to_jsonb(i) AS r, file_modified_at, file_name, line_number,
      EXISTS (SELECT 1 FROM jsonb_each_text(to_jsonb(i)) AS cell WHERE (cell.key LIKE 'aroma\_%' OR cell.key = 'premium_tier') AND parse_text(cell.value) !~ '^\s*[0-9]{1,3}\s*$')
        OR parse_text(to_jsonb(i)->>'is_active') IS NOT NULL AND parse_flag(to_jsonb(i)->>'is_active') IS NULL
        OR parse_text(to_jsonb(i)->>'is_archived') IS NOT NULL AND parse_flag(to_jsonb(i)->>'is_archived') IS NULL AS is_broken
    FROM incoming i) AS lines
  ORDER BY key, file_modified_at DESC, file_name DESC, line_number DESC
)
SELECT product_key, product_label, family_crm, cepage, sucrosite_niveau, price_band, coalesce(n.premium_tier, 0) AS premium_tier,
  n.aroma_fruit, n.aroma_floral, n.aroma_spice, n.aroma_mineral, n.aroma_acidity, n.aroma_body, n.aroma_tannin,
  coalesce(parse_flag(r->>'is_active'), true) AS is_active, coalesce(parse_flag(r->>'is_archived'), false) AS is_archived,
  coalesce(to_jsonb(string_to_array(parse_text(r->>'season_tags'), '|')), '[]') AS season_tags, is_broken
FROM read LEFT JOIN LATERAL (
  SELECT parse_amount(parse_text(r->>'premium_tier'))::integer AS premium_tier, parse_amount(parse_text(r->>'aroma_fruit'))::integer AS aroma_fruit, parse_amount(parse_text(r->>'aroma_floral'))::integer AS aroma_floral,
    parse_amount(parse_text(r->>'aroma_spice'))::integer AS aroma_spice, parse_amount(parse_text(r->>'aroma_mineral'))::integer AS aroma_mineral, parse_amount(parse_text(r->>'aroma_acidity'))::integer AS aroma_acidity,
    parse_amount(parse_text(r->>'aroma_body'))::integer AS aroma_body, parse_amount(parse_text(r->>'aroma_tannin'))::integer AS aroma_tannin
  WHERE NOT is_broken OFFSET 0) AS n ON true
