{{ purchased_products(as_of()) }}
