/** The shop's tables, in the order in which they are filled, and their columns. */

/** The source that is filled: its name in pack.yaml. */
export const SOURCE = 'shop'

export const COLUMNS = {
  core_tenant: ['id', 'name', 'slug', 'domain', 'is_active', 'settings', 'created_at', 'updated_at'],
  core_customer: [
    ...['id', 'tenant_id', 'email', 'first_name', 'last_name', 'phone', 'is_active', 'metadata'],
    ...['created_at', 'updated_at'],
  ],
  core_product: [
    ...['id', 'tenant_id', 'sku', 'name', 'description', 'category', 'price', 'cost', 'stock_quantity', 'is_active'],
    ...['created_at', 'updated_at'],
  ],
  core_subscription: [
    ...['id', 'tenant_id', 'customer_id', 'plan_name', 'status', 'start_date', 'end_date', 'monthly_amount', 'billing_cycle'],
    ...['created_at', 'updated_at'],
  ],
  core_order: [
    ...['id', 'tenant_id', 'customer_id', 'order_number', 'status', 'subtotal', 'tax', 'shipping', 'total', 'order_date'],
    ...['completed_at', 'metadata', 'created_at', 'updated_at'],
  ],
  core_orderitem: ['id', 'order_id', 'product_id', 'quantity', 'unit_price', 'discount', 'total', 'created_at', 'updated_at'],
  core_event: [...['id', 'tenant_id', 'customer_id', 'event_type', 'event_data', 'session_id', 'ip_address', 'user_agent'], 'created_at'],
  core_invoice: [
    ...['id', 'tenant_id', 'customer_id', 'subscription_id', 'invoice_number', 'amount', 'status', 'issue_date', 'due_date'],
    ...['paid_date', 'created_at', 'updated_at'],
  ],
} as const

export type TableName = keyof typeof COLUMNS
export const TABLES = Object.keys(COLUMNS) as TableName[]
