{{ companions_of(ref('customer_products'), ref('product_pairs'), as_of()) }}
