/*
kind: merge
target: customer_taste
key: [customer_code]
deleted: gone
watermark: last_order
needs: [order_line, product]
*/
-- What each customer's purchases say. One pass over the lines finds whose purchases, or what the catalogue says of them, changed since
-- the row was made; only those are made anew.
WITH described AS (
  SELECT product_key, hashtextextended(ROW(product_key, family_crm, cepage, sucrosite_niveau, price_band, premium_tier, aroma_fruit, aroma_floral, aroma_spice,
    aroma_mineral, aroma_acidity, aroma_body, aroma_tannin)::text, 0) AS digest FROM product
), now_is AS (
  SELECT o.customer_code, sum(hashtextextended(o.line_hash::text, d.digest # o.line_copy)::numeric) + sum(coalesce(o.margin, 0)) AS fingerprint
  FROM order_line o JOIN described d USING (product_key) GROUP BY o.customer_code
), changed AS MATERIALIZED (
  SELECT customer_code, n.fingerprint FROM now_is n FULL JOIN customer_taste t USING (customer_code)
  WHERE :since::text = '-infinity' OR n.fingerprint IS DISTINCT FROM t.fingerprint
), line AS MATERIALIZED (
  SELECT o.customer_code, o.product_key, o.order_date, o.doc_ref, o.qty, o.amount_ht, o.margin FROM order_line o JOIN changed USING (customer_code)
), summed AS (
  SELECT customer_code, min(order_date) AS first_order, max(order_date) AS last_order, count(DISTINCT doc_ref)::integer AS orders, count(*)::integer AS order_lines,
    sum(qty) AS bottles, sum(amount_ht) AS ca_ht, sum(margin) AS margin
  FROM line GROUP BY customer_code
), bought AS MATERIALIZED (
  SELECT customer_code, product_key, sum(amount_ht) AS ca FROM line GROUP BY customer_code, product_key
), valued AS (
  SELECT b.customer_code, v.dim, v.value, sum(b.ca) AS ca
  FROM bought b JOIN product p USING (product_key)
  CROSS JOIN LATERAL (VALUES ('family', p.family_crm), ('grape', p.cepage), ('sugar', p.sucrosite_niveau), ('budget', p.price_band)) AS v(dim, value)
  WHERE v.value IS NOT NULL AND b.ca > 0 GROUP BY b.customer_code, v.dim, v.value
), ranked AS (
  SELECT customer_code, dim, value, ca / sum(ca) OVER (PARTITION BY customer_code, dim) AS exact_share,
    row_number() OVER (PARTITION BY customer_code, dim ORDER BY ca DESC, value COLLATE "C") AS place FROM valued
), chosen AS (
  SELECT customer_code,
    max(value) FILTER (WHERE dim = 'family' AND place = 1) AS top_family_1, max(share) FILTER (WHERE dim = 'family' AND place = 1) AS top_family_1_ca_share,
    max(value) FILTER (WHERE dim = 'family' AND place = 2) AS top_family_2, max(share) FILTER (WHERE dim = 'family' AND place = 2) AS top_family_2_ca_share,
    max(value) FILTER (WHERE dim = 'grape' AND place = 1) AS top_grape_1, max(share) FILTER (WHERE dim = 'grape' AND place = 1) AS top_grape_1_ca_share,
    max(value) FILTER (WHERE dim = 'grape' AND place = 2) AS top_grape_2, max(share) FILTER (WHERE dim = 'grape' AND place = 2) AS top_grape_2_ca_share,
    max(value) FILTER (WHERE dim = 'sugar' AND place = 1) AS top_sugar_1, max(share) FILTER (WHERE dim = 'sugar' AND place = 1) AS top_sugar_1_ca_share,
    max(value) FILTER (WHERE dim = 'sugar' AND place = 2) AS top_sugar_2, max(share) FILTER (WHERE dim = 'sugar' AND place = 2) AS top_sugar_2_ca_share,
    max(value) FILTER (WHERE dim = 'budget' AND place = 1) AS top_budget_1, max(share) FILTER (WHERE dim = 'budget' AND place = 1) AS top_budget_1_ca_share,
    max(value) FILTER (WHERE dim = 'budget' AND place = 2) AS top_budget_2, max(share) FILTER (WHERE dim = 'budget' AND place = 2) AS top_budget_2_ca_share,
    round(1 - sum(exact_share * exact_share) FILTER (WHERE dim = 'family'), 4) AS family_diversity
  FROM (SELECT *, round(exact_share, 4) AS share FROM ranked) AS r GROUP BY customer_code
), tasted AS (
  SELECT b.customer_code, count(*)::integer AS products, sum(b.ca) FILTER (WHERE p.premium_tier >= 1) AS premium_ca_ht,
    sum(b.ca * p.aroma_fruit) AS s_fruit, sum(b.ca * p.aroma_fruit * p.aroma_fruit) AS q_fruit, sum(b.ca) FILTER (WHERE p.aroma_fruit IS NOT NULL) AS w_fruit,
    sum(b.ca * p.aroma_floral) AS s_floral, sum(b.ca * p.aroma_floral * p.aroma_floral) AS q_floral, sum(b.ca) FILTER (WHERE p.aroma_floral IS NOT NULL) AS w_floral,
    sum(b.ca * p.aroma_spice) AS s_spice, sum(b.ca * p.aroma_spice * p.aroma_spice) AS q_spice, sum(b.ca) FILTER (WHERE p.aroma_spice IS NOT NULL) AS w_spice,
    sum(b.ca * p.aroma_mineral) AS s_mineral, sum(b.ca * p.aroma_mineral * p.aroma_mineral) AS q_mineral, sum(b.ca) FILTER (WHERE p.aroma_mineral IS NOT NULL) AS w_mineral,
    sum(b.ca * p.aroma_acidity) AS s_acidity, sum(b.ca * p.aroma_acidity * p.aroma_acidity) AS q_acidity, sum(b.ca) FILTER (WHERE p.aroma_acidity IS NOT NULL) AS w_acidity,
    sum(b.ca * p.aroma_body) AS s_body, sum(b.ca * p.aroma_body * p.aroma_body) AS q_body, sum(b.ca) FILTER (WHERE p.aroma_body IS NOT NULL) AS w_body,
    sum(b.ca * p.aroma_tannin) AS s_tannin, sum(b.ca * p.aroma_tannin * p.aroma_tannin) AS q_tannin, sum(b.ca) FILTER (WHERE p.aroma_tannin IS NOT NULL) AS w_tannin
  FROM bought b JOIN product p USING (product_key) GROUP BY b.customer_code
)
SELECT h.customer_code, h.fingerprint, s.first_order, s.last_order, s.orders, s.order_lines, t.products, s.bottles, s.ca_ht, s.margin, coalesce(t.premium_ca_ht, 0) AS premium_ca_ht,
  c.top_family_1, c.top_family_1_ca_share, c.top_family_2, c.top_family_2_ca_share, c.top_grape_1, c.top_grape_1_ca_share, c.top_grape_2, c.top_grape_2_ca_share, c.top_sugar_1, c.top_sugar_1_ca_share, c.top_sugar_2, c.top_sugar_2_ca_share, c.top_budget_1, c.top_budget_1_ca_share, c.top_budget_2, c.top_budget_2_ca_share,
  c.family_diversity,
  round(s_fruit / nullif(w_fruit, 0) / 5, 3) AS aroma_fruit, round(s_floral / nullif(w_floral, 0) / 5, 3) AS aroma_floral, round(s_spice / nullif(w_spice, 0) / 5, 3) AS aroma_spice, round(s_mineral / nullif(w_mineral, 0) / 5, 3) AS aroma_mineral, round(s_acidity / nullif(w_acidity, 0) / 5, 3) AS aroma_acidity, round(s_body / nullif(w_body, 0) / 5, 3) AS aroma_body, round(s_tannin / nullif(w_tannin, 0) / 5, 3) AS aroma_tannin,
  (SELECT round(avg(stable), 3) FROM unnest(ARRAY[
      (1 - sqrt(greatest(q_fruit / nullif(w_fruit, 0) - (s_fruit / nullif(w_fruit, 0)) ^ 2, 0)) / 2),
      (1 - sqrt(greatest(q_floral / nullif(w_floral, 0) - (s_floral / nullif(w_floral, 0)) ^ 2, 0)) / 2),
      (1 - sqrt(greatest(q_spice / nullif(w_spice, 0) - (s_spice / nullif(w_spice, 0)) ^ 2, 0)) / 2),
      (1 - sqrt(greatest(q_mineral / nullif(w_mineral, 0) - (s_mineral / nullif(w_mineral, 0)) ^ 2, 0)) / 2),
      (1 - sqrt(greatest(q_acidity / nullif(w_acidity, 0) - (s_acidity / nullif(w_acidity, 0)) ^ 2, 0)) / 2),
      (1 - sqrt(greatest(q_body / nullif(w_body, 0) - (s_body / nullif(w_body, 0)) ^ 2, 0)) / 2),
      (1 - sqrt(greatest(q_tannin / nullif(w_tannin, 0) - (s_tannin / nullif(w_tannin, 0)) ^ 2, 0)) / 2)]) AS stable) AS aroma_stability,
  s.customer_code IS NULL AS gone
FROM changed h LEFT JOIN summed s USING (customer_code) LEFT JOIN tasted t USING (customer_code) LEFT JOIN chosen c USING (customer_code)
