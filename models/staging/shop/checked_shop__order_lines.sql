{{ config(materialized='staged') }}

{%- set raw = ['order_line_id', 'order_id', 'product_id', 'quantity', 'unit_price', 'discount'] %}

with

    order_lines as {{ inline_cte() }} (select * from {{ ref('base_shop__order_lines') }}),

    no_values as ({{ no_values() }}),

    parsed as (
        select
            {{ raw_columns(raw) }},
            {{ row_key('order_line_id', raw) }} as order_line_id,
            {{ known_id('order_id') }} as order_id,
            {{ known_id('product_id') }} as product_id,
            {{ parse_integer('quantity') }} as given_quantity,
            {{ parse_money('unit_price', 'decimal(18, 4)') }} as given_unit_price,
            {{ parse_money('discount') }} as discount,
            {{ received_at('shop', 'order_lines') }} as received_at
        from order_lines
        cross join no_values
    ),

    -- What was given back is written with a minus, before the pieces or before the price.
    standardised as (
        select
            *,
            case
                when given_unit_price < 0 then - abs(given_quantity) else given_quantity
            end as quantity,
            abs(given_unit_price) as unit_price
        from parsed
    ),

    judged as {{ inline_cte() }} (
        select
            *,
            {{ quality_flags([
            'made_order_line_id', 'invalid_discount', {'returned': 'quantity < 0'},
        ]) }} as quality_flags,
            case
                when source_fault is not null
                then source_fault
                when raw_order_line_id is null
                then
                    'missing order_line_id'
                    {{ missing_or_bad('order_id') }}
                    {{ missing_or_bad('product_id') }}
                    {{ missing_or_bad('quantity') }}
                    {{ missing_or_bad('unit_price') }}
            end as reject_reason
        from standardised
    ),

    {{ decide_fates(
    key='order_line_id',
    keep='newest',
    repeated_in=['order_lines', 'order_line_id'],
    columns=[
        'order_id', 'product_id', 'quantity', 'unit_price', 'discount', 'received_at',
        'quality_flags',
    ],
    raw=raw,
) }}
