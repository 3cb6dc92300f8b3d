DROP TABLE xiva_profiles, xiva_usage, xiva_products, xiva_accounts, xiva_customers;
