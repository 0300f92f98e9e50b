{#- The raw tables of the contract: [source, table, key as checked_ names it]. -#}
{% macro raw_tables() -%}
    {{ return([
        ['crm', 'contacts', 'contact_id'],
        ['crm', 'consents', 'consent_id'],
        ['crm', 'surveys', 'response_id'],
        ['crm', 'enrichment', 'enrichment_id'],
        ['web', 'events', 'message_id'],
        ['shop', 'customers', 'shop_customer_id'],
        ['shop', 'orders', 'order_id'],
        ['shop', 'order_lines', 'order_line_id'],
        ['shop', 'products', 'product_id'],
        ['shop', 'checkouts', 'checkout_id'],
        ['email', 'events', 'event_id'],
        ['email', 'messages', 'message_id'],
    ]) }}
{%- endmacro %}
