{{ config(materialized='staged') }}

{%- set raw = [
    'product_id', 'name', 'category', 'brand', 'tags', 'price', 'currency', 'image_url', 'url',
    'in_stock', 'updated_at',
] %}

with

    products as {{ inline_cte() }} (select * from {{ ref('base_shop__products') }}),

    categories as (select * from {{ ref('categories') }}),

    no_values as ({{ no_values() }}),

    parsed as (
        select
            {{ raw_columns(raw) }},
            {{ row_key('product_id', raw) }} as product_id,
            {{ clean_text('name', 200) }} as product_name,
            case
                when {{ is_no_value('category', 'category') }}
                then 'uncategorised'
                else {{ text_key(decode_entities('substr(category, 1, 100)')) }}
            end as category_key,
            {{ clean_text('brand', 100) }} as brand,
            lower({{ id_list(clean_text('tags', 1000)) }}) as tags,
            {{ parse_amount('price') }} as price,
            {{ currency_code('currency') }} as currency,
            {{ https_url('image_url') }} as image_url,
            {{ https_url('url') }} as product_url,
            coalesce(
                {{ parse_boolean('in_stock') }},
                {{ parse_integer('in_stock') }} > 0,
                {{ standard_word(regex_replace(
                    'lower(in_stock)', '^https?://schema.org/|[^a-z]', ''
                ), {
                'true': [
                    'instock', 'available', 'preorder', 'backorder', 'onbackorder', 'lowstock',
                ],
                'false': [
                    'outofstock', 'soldout', 'unavailable', 'notavailable', 'discontinued',
                    'deleted', 'archived', 'inactive', 'none',
                ],
            }) }} = 'true'
            ) as in_stock,
            {{ parse_timestamp('updated_at') }} as updated_at,
            {{ received_at('shop', 'products') }} as received_at
        from products
        cross join no_values
    ),

    judged as {{ inline_cte() }} (
        select
            parsed.*,
            coalesce(categories.category, replace(parsed.category_key, ' ', '_')) as category,
            {{ quality_flags([
            'made_product_id',
            {'unmapped_category': 'categories.category is null'},
            'invalid_currency', 'invalid_image_url',
            {'invalid_url': 'raw_url is not null and product_url is null'},
            'invalid_in_stock', 'invalid_updated_at',
        ]) }} as quality_flags,
            case
                when source_fault is not null
                then source_fault
                when parsed.raw_product_id is null
                then
                    'missing product_id'
                    {{ missing_or_bad('name', 'product_name') }}
                    {{ missing_or_bad('category', 'category_key') }}
                    {{ missing_or_bad('price') }}
                when parsed.price < 0
                then 'bad price'
            end as reject_reason
        from parsed
        left join categories on parsed.category_key = categories.alias
    ),

    {{ decide_fates(
    key='product_id',
    keep='newest',
    repeated_in=['products', 'product_id'],
    version='updated_at',
    columns=[
        'product_name', 'category', 'brand', 'tags', 'price', 'currency', 'image_url',
        'product_url', 'in_stock', 'updated_at', 'received_at', 'quality_flags',
    ],
    raw=raw,
) }}
