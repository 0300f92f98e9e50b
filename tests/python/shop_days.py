"""A shop's raw rows for ten weeks, as exports hold them (text), made by DuckDB from a seed.

Busier on weekdays, each count drawn, so that days differ as those of a real shop do. Everything
lies before CLOCK, the clock of the sample's models.
"""

from __future__ import annotations

import duckdb

from penpal.checks.contract import raw_contract

CLOCK = "2026-06-15 12:00:00"
DAYS = 72

# A number from 0 to 1 that looks drawn, and is the same each time.
MACROS = """
create macro drawn(seed, i) as (hash(seed || '/' || i) % 1000003) / 1000003.0;
create macro instant(t) as strftime(t, '%Y-%m-%dT%H:%M:%SZ');
-- How many of a day: about `n`, fewer at weekends, spread as counts are.
create macro daily(n, day, seed) as cast(round(
    n * case when dayofweek(day) in (0, 6) then 0.7 else 1 end
    + sqrt(n) * (drawn(seed, day) + drawn(seed || 'b', day) + drawn(seed || 'c', day) - 1.5) * 2
) as integer);
"""

# Rows by day: {seed} names the table, {n} is how many a day.
EACH_DAY = """
    select day, i, '{seed}' || strftime(day, '%y%m%d') || lpad(cast(i as varchar), 3, '0') as id,
        -- Open all day, though most come in the afternoon.
        cast(day as timestamp) + cast(86399 * (
            0.6 * drawn('{seed}t', day || '-' || i) + 0.4 * greatest(
                drawn('{seed}u', day || '-' || i), drawn('{seed}v', day || '-' || i))
        ) as integer) * interval 1 second as happened_at,
        drawn('{seed}x', day || '-' || i) as x, drawn('{seed}y', day || '-' || i) as y
    from (select cast(date '2026-06-15' - cast(d as integer) as date) as day
        from range({days}) as days (d)), range(400) as rows (i)
    where i < daily({n}, day, '{seed}')
"""

PEOPLE = """
create table people as select i, 'C' || lpad(cast(i as varchar), 5, '0') as contact_id,
    'A' || lpad(cast(i as varchar), 5, '0') as account_id,
    'person' || i || '@mail' || i % 7 || '.example' as email,
    ['Anna', 'Jürgen', 'Zoë', 'Mary', 'Paul', 'Søren', 'Lucía', 'Tom'][1 + i % 8] as first_name,
    ['Müller', 'Smith', 'García', 'Lee', 'Jönsson', 'Brown', 'Weiß'][1 + i % 7] as last_name,
    '+4930' || (1000000 + i * 37) as phone,
    ['Berlin', 'Köln', 'Hamburg', 'München'][1 + i % 4] as city,
    cast(10115 + i % 900 as varchar) as postal_code,
    date '1950-01-01' + cast(drawn('b', i) * 20000 as integer) as birth_date,
    timestamp '2024-01-01 08:00:00' + cast(drawn('c', i) * 60000000 as integer) * interval 1 second
        as created_at
from range(1000) as r (i)
"""

TABLES = {
    "crm.contacts": """select contact_id, case when i % 10 > 0 then email end as email, first_name,
        last_name, case when i % 3 > 0 then phone end as phone, city, postal_code,
        'Hauptstr. ' || (1 + i % 90) as street_address, 'DE' as country,
        case when i % 4 > 0 then strftime(birth_date, '%Y-%m-%d') end as birth_date,
        instant(created_at) as created_at, instant(created_at + interval 90 day) as updated_at,
        case when i % 50 = 0 then 'true' else 'false' end as is_deleted,
        instant(timestamp '2026-06-14 20:00:00') as loaded_at from people""",
    "shop.customers": """select account_id as customer_id, email, first_name, last_name,
        case when i % 3 > 0 then phone end as phone, city, postal_code, 'DE' as country,
        'Hauptstr. ' || (1 + i % 90) as street_address, instant(created_at) as created_at,
        instant(created_at + interval 30 day) as updated_at from people""",
    "shop.products": """select 'P' || (100 + i) as product_id, 'Pen ' || i as name,
        ['pens', 'ink', 'paper'][1 + i % 3] as category,
        cast(cast(5 + i % 40 as decimal(18, 2)) as varchar) as price, 'EUR' as currency,
        case when i % 9 > 0 then 'true' else 'false' end as in_stock from range(80) as r (i)""",
    "crm.consents": """select id as consent_id, email, case when x < 0.75 then 'marketing'
        else 'personalization' end as purpose,
        case when y < 0.6 then 'granted' else 'withdrawn' end as status,
        instant(happened_at) as occurred_at, instant(happened_at + interval 2 minute) as loaded_at
        from ({consents}) inner join people on people.i = cast(x * 999 as integer)""",
    "web.events": """select id as message_id, 'track' as type, case when x < 0.6
        then 'Product Viewed' when x < 0.8 then 'Product Added' else 'Cart Viewed' end as event,
        'device' || cast(y * 700 as integer) as anonymous_id,
        instant(happened_at) as timestamp, instant(happened_at) as original_timestamp,
        instant(happened_at + interval 1 second) as sent_at,
        instant(happened_at + interval 3 second) as received_at,
        '{{"product_id": "P' || (100 + i % 80) || '"}}' as properties,
        'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' as user_agent from ({views})
        union all
        select 'W' || id, 'track', 'Order Completed', 'device' || cast(y * 700 as integer),
        instant(happened_at), instant(happened_at), instant(happened_at + interval 1 second),
        instant(happened_at + interval 3 second),
        '{{"order_id": "' || id || '", "currency": "EUR"}}',
        'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' from ({orders})""",
    "shop.orders": """select id as order_id, account_id as customer_id, email, 'paid' as status,
        case when i % 40 = 0 then 'true' else 'false' end as is_test, 'EUR' as currency,
        cast(subtotal as varchar) as subtotal, cast(discount as varchar) as discount,
        '4.90' as shipping, cast(tax as varchar) as tax,
        cast(subtotal - discount + 4.90 + tax as varchar) as total, 'K' || id as cart_id,
        instant(happened_at) as created_at, instant(happened_at) as updated_at,
        instant(happened_at + interval 5 minute) as loaded_at
        from sold""",
    "shop.order_lines": """select order_id || '-' || line as order_line_id, order_id, product_id,
        cast(quantity as varchar) as quantity, cast(unit_price as varchar) as unit_price
        from pieces""",
    "shop.checkouts": """select 'H' || id as checkout_id, 'K' || id as cart_id, email,
        instant(happened_at - interval 10 minute) as created_at,
        instant(happened_at) as completed_at from sold""",
    "email.messages": """select 'M' || id as message_id, email, 'birthday' as campaign,
        instant(happened_at) as sent_at from ({letters})
        inner join people on people.i = cast(x * 999 as integer)""",
    "email.events": """select kind || id as event_id, 'M' || id as message_id, email,
        ['delivered', 'opened', 'clicked'][kind] as event,
        instant(happened_at + kind * interval 1 minute) as occurred_at,
        instant(happened_at + kind * interval 1 minute + interval 5 second) as received_at
        from ({letters}) inner join people on people.i = cast(x * 999 as integer)
        cross join range(1, 4) as kinds (kind) where kind = 1 or y < 0.6 / kind""",
}

SOLD = """
create table baskets as {orders};
create table pieces as select id as order_id, line,
    'P' || (100 + cast(drawn('p', id || line) * 79 as integer)) as product_id,
    1 + cast(drawn('q', id || line) * 2 as integer) as quantity,
    cast(5 + cast(drawn('p', id || line) * 79 as integer) % 40 as decimal(18, 2)) as unit_price
from baskets cross join range(1, 3) as lines (line);
create table sold as select baskets.*, account_id, email, subtotal,
    cast(case when x < 0.3 then 0.1 * subtotal else 0 end as decimal(18, 2)) as discount,
    cast(0.19 * subtotal as decimal(18, 2)) as tax
from baskets inner join people on people.i = cast(y * 999 as integer)
inner join (select order_id, cast(sum(quantity * unit_price) as decimal(18, 2)) as subtotal
    from pieces group by order_id) as sums on baskets.id = sums.order_id
"""


def make_days(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill staging.base_<source>__<table> with all columns of the contract, as text."""
    each = {
        name: EACH_DAY.format(seed=seed, n=n, days=DAYS)
        for name, seed, n in (
            ("consents", "N", 60), ("views", "V", 130), ("orders", "O", 90), ("letters", "L", 90),
        )
    }  # fmt: skip
    connection.execute(MACROS)
    connection.execute(PEOPLE)
    connection.execute(SOLD.format(**each))
    for table in raw_contract():
        query = TABLES.get(f"{table.source}.{table.table}", "select null as unused where false")
        made = connection.sql(query.format(**each))
        columns = ", ".join(
            f"cast({column.name if column.name in made.columns else 'null'} as varchar)"
            f' as "{column.name}"'
            for column in table.columns
        )
        connection.execute(
            f"create table staging.{table.view} as select {columns}, 'part-0.csv' as source_file,"
            " row_number() over () as source_line, cast(null as varchar) as source_fault"
            f" from ({query.format(**each)}) as made"
        )
    for name in ("baskets", "pieces", "sold", "people"):
        connection.execute(f"drop table {name}")
