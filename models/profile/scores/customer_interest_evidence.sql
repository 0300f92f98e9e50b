{{ evidence_of_interests(ref('customer_products'), ref('customer_web_events'), as_of()) }}
