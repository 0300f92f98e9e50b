-- Every line is a case: name, raw text, calling code and trunk prefix of the row's country,
-- expected number.
with

    cases(case_name, raw_phone, calling_code, trunk_prefix, expected) as (
        values
            ('plus', '+49 30 901820', '49', '0', '+4930901820'),
            ('double-zero', '0049 30 901820', '49', '0', '+4930901820'),
            ('national-trunk', '030 / 90 18-20', '49', '0', '+4930901820'),
            ('zero-in-brackets', '+49 (0) 30 901820', '49', '0', '+4930901820'),
            ('zero-in-brackets-after-00', '0049(0)30 901820', '49', '0', '+4930901820'),
            ('plus-in-brackets', '(+49) 30 901820', '49', '0', '+4930901820'),
            ('plus-forgotten', '4930123456789', '49', '0', '+4930123456789'),
            ('trunk-forgotten', '30901820', '49', '0', '+4930901820'),
            ('foreign-number', '+44 20 7946 0018', '49', '0', '+442079460018'),
            ('us-ten-digits', '(212) 555-0142', '1', '1', '+12125550142'),
            ('us-eleven-digits', '1-212-555-0142', '1', '1', '+12125550142'),
            ('us-dots', '212.555.0142', '1', '1', '+12125550142'),
            ('us-extension', '212 555 0142 ext. 7', '1', '1', '+12125550142'),
            ('us-extension-x', '212-555-0142x77', '1', '1', '+12125550142'),
            ('us-abroad', '011 49 30 901820', '1', '1', '+4930901820'),
            ('us-nine-digits', '212 555 014', '1', '1', null),
            ('italy-keeps-zero', '06 6982 1234', '39', null, '+390669821234'),
            ('spain-no-trunk', '912 345 678', '34', null, '+34912345678'),
            ('hungary-trunk-06', '06 1 234 5678', '36', '06', '+3612345678'),
            ('tel-prefix', 'tel:+44-20-7946-0018', null, null, '+442079460018'),
            (
                'invisible-characters',
                '{{ "\u202a" }}+44 20 7946{{ "\u00a0" }}0018{{ "\u202c" }}',
                null,
                null,
                '+442079460018'
            ),
            ('no-country-national', '030 901820', null, null, null),
            ('eight-digits', '+4912 3456', null, null, '+49123456'),
            ('seven-digits', '+491 2345', null, null, null),
            ('fifteen-digits', '+123456789012345', null, null, '+123456789012345'),
            ('sixteen-digits', '+1234567890123456', null, null, null),
            ('all-zero', '0000000000', '49', '0', null),
            ('all-one', '+1 111 111 1111', '1', '1', null),
            ('all-nine', '999-999-9999', '1', '1', null),
            ('counting', '1234567890', '1', '1', null),
            ('counting-from-zero', '0123456789', '49', '0', null),
            ('letters', '1-800-FLOWERS', '1', '1', null),
            ('two-numbers', '030 901820, 030 901821', '49', '0', null),
            ('word', 'n/a', '1', '1', null),
            ('plus-in-the-middle', '030+901820', '49', '0', null)
    ),

    dialled as (select cases.*, {{ dialled_number('raw_phone') }} as dialled from cases),

    standardised as (
        select
            dialled.*, {{ standardise_phone('dialled', 'calling_code', 'trunk_prefix') }} as phone
        from dialled
    )

select *
from standardised
where phone is distinct from expected
