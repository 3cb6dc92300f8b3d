DROP TABLE tenant_summary, event_funnel, product_performance, mrr_bridge, active_subscriptions, customer_acquisition, customer_ltv,
  revenue_by_tenant_total, revenue_by_tenant_monthly, dim_product;
DROP VIEW shop_moment;
