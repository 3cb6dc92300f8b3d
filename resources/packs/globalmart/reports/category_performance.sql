/*
title: Categories
description: What each category sells and how often it is looked at, at the newest analysis date.
chart: { kind: bar, x: category, y: revenue }
columns:
  - { name: category, label: Category, format: text }
  - { name: products, label: Products, format: integer }
  - { name: sales, label: Sales, format: integer }
  - { name: revenue, label: Revenue, format: money }
  - { name: views, label: Views, format: integer }
  - { name: conversion_rate, label: Sales per 100 views, format: decimal }
reconciliation:
  - label: Revenue of the categories = revenue of all sales
    sum_of: revenue
    equals: SELECT sum(total_revenue) FROM fact_sales
*/
SELECT category, count(*) AS products, sum(total_sales) AS sales, sum(total_revenue) AS revenue, sum(total_views) AS views,
  round(100.0 * sum(total_sales) / nullif(sum(total_views), 0), 2) AS conversion_rate
FROM product_performance WHERE analysis_date = (SELECT max(analysis_date) FROM product_performance)
GROUP BY category ORDER BY sum(total_revenue) DESC, category
