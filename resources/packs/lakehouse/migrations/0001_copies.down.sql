DROP TABLE core_invoice, core_subscription, core_event, core_orderitem, core_order, core_product, core_customer, core_tenant;
