-- A mart that stands here, since the profile is made of it too.
{{ config(schema='marts') }} {{ ranked_interests(ref('customer_interest_evidence')) }}
