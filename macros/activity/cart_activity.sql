{#-
    What a web event does to a cart: added, removed, viewed, checkout, ordered; null where it is about none. The names are those
    of Segment's specification; of a purchase also what others call it, since to miss one is to write to somebody who bought.
-#}
{% macro cart_activity(event_name) -%}
    case
        when {{ event_name }} = 'Product Added' then 'added'
        when {{ event_name }} in ('Product Removed', 'Removed From Cart', 'Remove From Cart') then 'removed'
        when {{ event_name }} = 'Cart Viewed' then 'viewed'
        when {{ event_name }} in (
            'Checkout Started', 'Checkout Step Viewed', 'Checkout Step Completed', 'Payment Info Entered', 'Coupon Entered',
            'Coupon Applied', 'Coupon Denied', 'Coupon Removed'
        ) then 'checkout'
        when {{ event_name }} in (
            'Order Completed', 'Completed Order', 'Order Placed', 'Placed Order', 'Order Created', 'Order Confirmed', 'Order Paid',
            'Purchase', 'Purchased', 'Purchase Completed', 'Completed Purchase', 'Checkout Completed', 'Completed Checkout',
            'Order Complete', 'Order Submitted', 'Transaction Completed', 'Payment Succeeded', 'Payment Completed', 'Ecommerce Purchase'
        ) then 'ordered'
    end
{%- endmacro %}
