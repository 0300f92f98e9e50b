{#- How an order's revenue is shared among the letters before it; columns of order_attributions' weights. -#}
{% macro attribution_models() -%} {{ return(['last_touch', 'position_based', 'data_driven']) }} {%- endmacro %}
