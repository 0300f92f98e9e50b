{{ paired_products(as_of()) }}
