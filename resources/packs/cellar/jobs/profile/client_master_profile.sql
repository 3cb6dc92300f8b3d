/*
kind: transform
target: client_master_profile
key: [customer_code]
empty: allow
needs: [customer, customer_record, customer_merge, customer_taste, order_line, contact_event, crm_setting, rfm_segment]
checks:
  - name: profile_differs_from_order_lines
    sql: >-
      SELECT 1 WHERE (SELECT sum(ca_ht) FROM client_master_profile) IS DISTINCT FROM (SELECT coalesce(sum(amount_ht), 0) FROM order_line)
*/
-- One row per customer. Scores by the fixed bins [a, b) of crm_setting, segment by the first rule of rfm_segment; without a purchase no
-- score. The aroma profile needs aroma.min_orders_for_confidence orders.
WITH scored AS (
  SELECT c.customer_code AS code, t.*, a.as_of - t.last_order AS recency, s.aroma_low, s.aroma_medium,
    6 - bin_score(a.as_of - t.last_order, s.recency_edges) AS r, bin_score(t.orders, s.frequency_edges) AS f, bin_score(t.ca_ht, s.monetary_edges) AS m,
    coalesce(t.orders, 0) >= s.aroma_min_orders AND t.aroma_stability IS NOT NULL AS has_aroma
  FROM customer c CROSS JOIN crm_as_of a CROSS JOIN crm_threshold s LEFT JOIN customer_taste t USING (customer_code)
  WHERE t.customer_code IS NOT NULL OR EXISTS (SELECT 1 FROM customer_record r WHERE r.customer_code = c.customer_code)
    AND NOT EXISTS (SELECT 1 FROM customer_merge m WHERE m.merged_code = c.customer_code)
), measured AS (
  SELECT scored.*, CASE WHEN has_aroma THEN round(0.2 + 0.8 * least(1, orders / 10.0) * aroma_stability, 3) ELSE 0 END AS confidence FROM scored
)
SELECT t.code AS customer_code, t.first_order AS premiere_date_achat, t.last_order AS derniere_date_achat, CASE WHEN t.orders IS NOT NULL THEN greatest(t.recency, 0) END AS recence_jours, coalesce(t.orders, 0) AS nb_commandes,
  coalesce(t.ca_ht, 0) AS ca_ht, t.r AS r_score, t.f AS f_score, t.m AS m_score, t.r::text || t.f || t.m AS rfm,
  CASE WHEN t.orders IS NULL THEN 'PROSPECT' ELSE coalesce((SELECT g.segment FROM rfm_segment g
    WHERE t.r BETWEEN g.min_r AND g.max_r AND t.f BETWEEN g.min_f AND g.max_f AND t.m BETWEEN g.min_m AND g.max_m ORDER BY g.position LIMIT 1), 'OTHER') END AS segment,
  t.top_family_1, t.top_family_1_ca_share, t.top_family_2, t.top_family_2_ca_share, t.top_grape_1, t.top_grape_1_ca_share, t.top_grape_2, t.top_grape_2_ca_share, t.top_sugar_1, t.top_sugar_1_ca_share, t.top_sugar_2, t.top_sugar_2_ca_share, t.top_budget_1, t.top_budget_1_ca_share, t.top_budget_2, t.top_budget_2_ca_share,
  t.family_diversity AS family_diversity_score, x.aroma_axe_1, x.aroma_score_1, x.aroma_axe_2, x.aroma_score_2, x.aroma_axe_3, x.aroma_score_3,
  t.confidence AS aroma_confidence, CASE WHEN t.confidence >= t.aroma_medium THEN 'HIGH' WHEN t.confidence >= t.aroma_low THEN 'MEDIUM' ELSE 'LOW' END AS aroma_level,
  CASE WHEN t.has_aroma THEN t.aroma_stability END AS aroma_stability
FROM measured t LEFT JOIN LATERAL (
  SELECT max(axis) FILTER (WHERE place = 1) AS aroma_axe_1, max(score) FILTER (WHERE place = 1) AS aroma_score_1, max(axis) FILTER (WHERE place = 2) AS aroma_axe_2,
    max(score) FILTER (WHERE place = 2) AS aroma_score_2, max(axis) FILTER (WHERE place = 3) AS aroma_axe_3, max(score) FILTER (WHERE place = 3) AS aroma_score_3
  FROM (SELECT axis, score, row_number() OVER (ORDER BY score DESC, nth) AS place FROM (VALUES (1, 'fruit', t.aroma_fruit), (2, 'floral', t.aroma_floral), (3, 'spice', t.aroma_spice), (4, 'mineral', t.aroma_mineral), (5, 'acidity', t.aroma_acidity), (6, 'body', t.aroma_body), (7, 'tannin', t.aroma_tannin)) AS v(nth, axis, score) WHERE score IS NOT NULL) AS a
) AS x ON t.has_aroma
