/*
title: Top products by revenue
description: The 100 products with the largest revenue at the newest analysis date, with both ranks, conversion and tier.
chart: { kind: bar, x: product_name, y: total_revenue }
columns:
  - { name: overall_rank, label: Rank, format: integer }
  - { name: product_id, label: Product, format: text }
  - { name: product_name, label: Name, format: text }
  - { name: category, label: Category, format: text }
  - { name: category_rank, label: Rank in category, format: integer }
  - { name: total_sales, label: Sales, format: integer }
  - { name: total_revenue, label: Revenue, format: money }
  - { name: total_views, label: Views, format: integer }
  - { name: conversion_rate, label: Sales per 100 views, format: decimal }
  - { name: performance_score, label: Score, format: decimal }
  - { name: performance_tier, label: Tier, format: text }
*/
SELECT overall_rank, product_id, product_name, category, category_rank, total_sales, total_revenue, total_views, conversion_rate, performance_score, performance_tier
FROM v_top_products_by_revenue ORDER BY total_revenue DESC, product_id
