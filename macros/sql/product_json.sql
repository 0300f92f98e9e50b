{#-
    What a letter tells of a product, as JSON text: product_id, name, category, price, currency, image_url and url, from the alias
    `products`. Id, name, price and currency are the catalogue's, unless expressions are given; a quantity, a previous price and
    the reason to show it are told where there is an expression for them.
-#}
{% macro product_json(
    product_id='products.product_id', name='products.product_name', price='products.price', currency='products.currency',
    quantity=none, previous_price=none, reason=none
) -%}
    {%- set fields = {'product_id': product_id, 'name': name, 'category': 'products.category'} -%}
    {%- if quantity %}{% do fields.update({'quantity': [quantity, 'number']}) %}{% endif -%}
    {%- do fields.update({'price': ['cast(' ~ price ~ ' as decimal(18, 2))', 'number']}) -%}
    {%- if previous_price -%}
        {%- do fields.update({'previous_price': ['cast(' ~ previous_price ~ ' as decimal(18, 2))', 'number']}) -%}
    {%- endif -%}
    {%- do fields.update({
        'currency': currency,
        'image_url': 'products.image_url',
        'url': 'products.product_url',
    }) -%}
    {%- if reason %}{% do fields.update({'reason': reason}) %}{% endif -%}
    {{ json_object(fields) }}
{%- endmacro %}
