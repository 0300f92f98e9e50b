{#- The occasion that a round of a cart is: the cart, and the order that ended the round before. Columns of carts. -#}
{% macro cart_occasion() -%}
    cart_key || coalesce('@' || cast(previous_order_at as {{ dbt.type_string() }}), '')
{%- endmacro %}
