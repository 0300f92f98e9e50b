{#-
    What a web event does to a cart: added, removed, emptied, viewed, checkout, ordered; null where it is about none. The names are those
    of Segment's specification; of a purchase also whatever reads like one in some language, since to miss one is to write to
    somebody who bought. An order may be created or submitted, a payment or a checkout that is has only begun.
-#}
{% macro cart_activity(event_name) -%}
    {%- set orders = 'Order|Purchase|Bestellung|Kauf|Commande|Achat|Pedido|Compra|Ordine|Acquisto|Bestelling|Encomenda|Zam[oó]wienie|Заказ' -%}
    {%- set payments = 'Checkout|Payment|Transaction|Zahlung|Paiement|Pago|Pagamento|Betaling' -%}
    {%- set done = 'Complet|Plac|Paid|Confirm|Succe|Finish|Finali|Done|Thank|Abgeschlossen|Bezahlt|Aufgegeben|Get[aä]tigt|Erfolg|Best[aä]tigt'
        ~ '|Termin|Pass[eé]|Effectu|Pay[eé]|Realiza|Hech|Pagad|Effettuat|Conclus|Conferma|Pagat|Geplaatst|Afgerond|Betaald|Z[lł]o[zż]on'
        ~ '|Op[lł]acon|Оформлен|Оплачен' -%}
    {%- set not_done = 'Step|Start|Begin|Began|Fail|Cancel|Declin|Refus|Refund|Reject|Error|Abort|Abandon|Info|Method|Option|Form|Edit|Updat'
        ~ '|History|Storn|Abgebrochen|Fehlgeschlagen|Annul|Geannuleerd|Unsuccess|Incomplet|Not' -%}
    {%- set carts = 'Cart|Basket|Bag|Warenkorb|Panier|Carrito|Cesta|Carrello|Winkelwagen' -%}
    case
        when {{ event_name }} in (
            'Product Viewed', 'Product List Viewed', 'Product Clicked', 'Products Searched', 'Product Added To Wishlist'
        ) then null
        when {{ event_name }} = 'Product Added' then 'added'
        when {{ event_name }} in (
            'Product Removed', 'Removed From Cart', 'Remove From Cart', 'Product Removed From Cart', 'Item Removed',
            'Item Removed From Cart', 'Removed From Basket', 'Remove From Basket', 'Removed From Bag', 'Remove From Bag'
        ) then 'removed'
        when {{ event_name }} = 'Cart Viewed' then 'viewed'
        when {{ event_name }} in (
            'Checkout Started', 'Checkout Step Viewed', 'Checkout Step Completed', 'Payment Info Entered', 'Coupon Entered',
            'Coupon Applied', 'Coupon Denied', 'Coupon Removed'
        ) then 'checkout'
        when {{ event_name }} in ('Order Completed', 'Purchase', 'Ecommerce Purchase', 'Ecommerce Order') then 'ordered'
        when {{ regex_full_match(
            event_name,
            '(?:.* )?(?:' ~ carts ~ ')(?: .*)? (?:Clear|Empt|Reset|Geleert|Vid|Vac|Svuotat|Geleegd).*'
            ~ '|(?:.* )?(?:Clear|Empt|Reset)[a-z]* (?:.* )?(?:' ~ carts ~ ')'
        ) }} then 'emptied'
        when {{ regex_full_match(
            event_name,
            '(?:.* )?(?:' ~ orders ~ ')[a-z]* (?:.* )?(?:' ~ done ~ '|Creat|Submit|Made|Valid).*'
            ~ '|(?:.* )?(?:' ~ payments ~ ')[a-z]* (?:.* )?(?:' ~ done ~ ').*'
            ~ '|(?:.* )?(?:' ~ done ~ '|Creat|Submit)[a-z]* (?:.* )?(?:' ~ orders ~ ')'
            ~ '|(?:.* )?(?:' ~ done ~ ')[a-z]* (?:.* )?(?:' ~ payments ~ ')'
            ~ '|(?:.* )?(?:Ordered|Purchased)(?: .*)?|Thank You.*'
        ) }}
            and not {{ regex_full_match(event_name, '(?:.* )?(?:' ~ not_done ~ ').*') }}
            then 'ordered'
    end
{%- endmacro %}
