-- Every line is a case: a clean text, its comparison form as given names.
with

    cases(clean_name, expected_key) as (
        values
            ('Dr. Hans', 'hans'),
            ('Prof. Dr. Petra', 'petra'),
            ('Mr & Mrs John', 'john'),
            ('Mr and Mrs', null),
            ('Frau', null),
            ('Mr. Unknown', null),
            ('Frauke', 'frauke'),
            ('Drew', 'drew'),
            ('Sr', null),
            ('Jean-Dr', 'jean dr'),
            ('Guest', null),
            ('N/A', null),
            ('n.a.', null),
            ('Nadine', 'nadine'),
            ('Anne Unknown', 'anne unknown')
    ),

    keyed as (select cases.*, {{ given_names_key('clean_name') }} as given_names_key from cases)

select *
from keyed
where given_names_key is distinct from expected_key
