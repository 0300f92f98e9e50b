-- A mart that stands here, since letters are made of it too.
{{ config(schema='marts') }} {{ ranked_products(as_of()) }}
