{#-
    The raw tables of the contract: [source, table, key as checked_ names it, columns that may tell when a row was received].
-#}
{% macro raw_tables() -%}
    {{ return([
        ['crm', 'contacts', 'contact_id', ['loaded_at', 'updated_at', 'created_at']],
        ['crm', 'consents', 'consent_id', ['loaded_at', 'occurred_at']],
        ['crm', 'surveys', 'response_id', ['submitted_at']],
        ['crm', 'enrichment', 'enrichment_id', ['observed_at']],
        ['web', 'events', 'message_id', ['received_at']],
        ['shop', 'customers', 'shop_customer_id', ['updated_at', 'created_at']],
        ['shop', 'orders', 'order_id', ['loaded_at', 'updated_at', 'created_at']],
        ['shop', 'order_lines', 'order_line_id', []],
        ['shop', 'products', 'product_id', ['updated_at']],
        ['shop', 'checkouts', 'checkout_id', ['created_at']],
        ['email', 'events', 'event_id', ['received_at', 'occurred_at']],
        ['email', 'messages', 'message_id', ['sent_at']],
    ]) }}
{%- endmacro %}
