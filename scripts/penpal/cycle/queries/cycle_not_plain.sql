{#- A condition, of refusals: more addresses than one may stand in the text. -#}
(email is null or not {{ is_plain_address('email') }})
