{{ config(materialized='table') }}

{%- set raw = ['order_line_id', 'order_id', 'product_id', 'quantity', 'unit_price', 'discount'] %}

with

    order_lines as {{ inline_cte() }} (select * from {{ ref('base_shop__order_lines') }}),

    parsed as (
        select
            {{ raw_columns(raw) }},
            order_line_id,
            order_id,
            product_id,
            {{ parse_integer('quantity') }} as quantity,
            {{ parse_money('unit_price', 'decimal(18, 4)') }} as unit_price,
            {{ parse_money('discount') }} as discount,
            {{ received_at('shop', 'order_lines') }} as received_at
        from order_lines
    ),

    judged as {{ inline_cte() }} (
        select
            *,
            {{ quality_flags([
            'invalid_discount',
        ]) }} as quality_flags,
            case
                when raw_order_line_id is null
                then 'missing order_line_id'
                when raw_order_id is null
                then 'missing order_id'
                when raw_product_id is null
                then 'missing product_id' {{ missing_or_bad('quantity') }}
                when quantity < 0
                then 'bad quantity' {{ missing_or_bad('unit_price') }}
                when unit_price < 0
                then 'bad unit_price'
            end as reject_reason
        from parsed
        where {{ is_seen('received_at') }}
    ),

    {{ decide_fates(
    key='order_line_id',
    keep='first',
    repeated_in=['order_lines', 'order_line_id'],
    columns=[
        'order_id', 'product_id', 'quantity', 'unit_price', 'discount', 'received_at',
        'quality_flags',
    ],
    raw=raw,
) }}
